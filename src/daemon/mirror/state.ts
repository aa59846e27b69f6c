import type { Uin } from '../../domain/uin.ts'
import type { DeviceRecord, FriendRecord, PublicKeys, SettingRecord } from '../../protocol/records.ts'
import type { Key } from '../../store/store.ts'
import { DraftMap } from './draft-map.ts'
import { QueuedCalls } from './queued-calls.ts'
import type { AccountRow, BackupRow, CursorRow, LocalDueRow, MarkRow, OutboxItem } from './rows.ts'

/** What is kept in memory beside the disk: everything but messages and the told log. A fold over the rows. */
export interface State {
  account: AccountRow | null
  cursor: CursorRow | null
  setting: SettingRecord | null
  friends: Map<Uin, FriendRecord>
  pins: Map<Uin, PublicKeys>
  marks: Map<Uin, MarkRow>
  devices: Map<string, DeviceRecord>
  backups: DraftMap
  outbox: QueuedCalls
  localDue: Map<string, LocalDueRow>
}

export function emptyState(): State {
  return {
    account: null,
    cursor: null,
    setting: null,
    friends: new Map(),
    pins: new Map(),
    marks: new Map(),
    devices: new Map(),
    backups: new DraftMap(),
    outbox: new QueuedCalls(),
    localDue: new Map(),
  }
}

interface Keyed<K, V> {
  set(key: K, value: V): unknown
  delete(key: K): unknown
}

function setOrDelete<K, V>(map: Keyed<K, V>, key: K, value: unknown): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value as V)
}

type Fold = (state: State, rest: string, value: unknown) => void

/** How a row of each space is taken into memory, by the rest of its key. */
const FOLDS: Readonly<Record<string, Fold>> = {
  account: (state, _, value) => {
    state.account = (value as AccountRow | undefined) ?? null
  },
  cursor: (state, _, value) => {
    state.cursor = (value as CursorRow | undefined) ?? null
  },
  setting: (state, _, value) => {
    state.setting = (value as SettingRecord | undefined) ?? null
  },
  friend: (state, rest, value) => setOrDelete(state.friends, rest as Uin, value),
  pin: (state, rest, value) => setOrDelete(state.pins, rest as Uin, value),
  mark: (state, rest, value) => setOrDelete(state.marks, rest as Uin, value),
  device: (state, rest, value) => setOrDelete(state.devices, rest, value),
  backup: (state, rest, value) => setOrDelete<string, BackupRow>(state.backups, rest, value),
  outbox: (state, rest, value) => setOrDelete<number, OutboxItem>(state.outbox, Number(rest), value),
  localdue: (state, rest, value) => setOrDelete(state.localDue, rest, value),
}

/** The spaces that are in memory. */
export const IN_MEMORY: readonly string[] = Object.keys(FOLDS)

/** Takes one row into memory; undefined: the row is gone. Rows that only the disk holds pass by. */
export function fold(state: State, key: Key, value: unknown): void {
  const slash = key.indexOf('/')
  FOLDS[key.slice(0, slash)]?.(state, key.slice(slash + 1), value)
}
