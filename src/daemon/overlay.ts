import type { Instant } from '../domain/instant.ts'
import type { Uin } from '../domain/uin.ts'
import type { ErrorData } from '../protocol/errors.ts'
import type { BackupRecord, SettingRecord } from '../protocol/records.ts'
import type { NewBackup } from '../protocol/relay-api.ts'
import type { State } from './ledger.ts'
import type { BackupRow, LocalDueRow, OutboxItem } from './rows.ts'
import { nothingSeen } from './sightings.ts'

/** A backup as the user sees it: the mirror with the outbox laid over it. */
export interface ShownBackup {
  record: BackupRecord
  row: BackupRow
  stored: 'relay' | 'here'
  /** What waits for the relay: the newest of add, edit, send, cancel, undo, dismiss. */
  pending: string | null
  /** A queued change that the relay refused. */
  refused: { error: ErrorData; at: Instant } | null
}

/** The id of the backup that a queued call is about. */
export function backupOf(item: OutboxItem): string | null {
  const { call } = item
  switch (call.method) {
    case 'backup.put':
      return call.params.backups[0]?.id ?? null
    case 'backup.edit':
    case 'backup.send':
    case 'backup.step':
      return call.params.id
    default:
      return null
  }
}

/** A record as the relay will make it from a `backup.put`; armed only when the relay takes it. */
export function recordOf(added: NewBackup, at: Instant, deviceId: string): BackupRecord {
  return {
    ...added,
    rev: 1,
    state: 'armed',
    heldReason: null,
    blobs: [],
    occurrence: 1,
    armedAt: at,
    armedSeq: 0,
    createdAt: at,
    createdBy: deviceId,
    updatedAt: at,
    updatedBy: deviceId,
    dueAt: null,
    endedAt: null,
    sent: null,
    error: null,
    occurrences: [],
    changes: [],
  }
}

function laidOver(shown: ShownBackup, item: OutboxItem): ShownBackup {
  const { call } = item
  if (item.failed !== null) return { ...shown, refused: item.failed }
  const pending = { ...shown, stored: 'here' as const, refused: null }
  switch (call.method) {
    case 'backup.edit': {
      const { plan, content, private: sealed, rearm } = call.params
      const record: BackupRecord = {
        ...shown.record,
        rev: shown.record.rev + 1,
        ...(plan === undefined ? {} : { plan }),
        ...(content === undefined ? {} : { content }),
        ...(sealed === undefined ? {} : { private: sealed }),
        ...(rearm ? { state: 'armed', heldReason: null, dueAt: null, armedAt: item.at } : {}),
      }
      const row = item.args === null ? shown.row : { ...shown.row, args: item.args }
      return { ...pending, record, row, pending: shown.pending === 'add' ? 'add' : 'edit' }
    }
    case 'backup.send':
      return { ...pending, pending: 'send' }
    case 'backup.step':
      if (call.params.step !== 'dismiss') return { ...pending, pending: call.params.step }
      return { ...pending, pending: 'dismiss', record: { ...shown.record, state: 'dismissed' } }
    default:
      return shown
  }
}

function addedHere(item: OutboxItem, deviceId: string): ShownBackup | null {
  if (item.call.method !== 'backup.put') return null
  const added = item.call.params.backups[0]
  if (added === undefined) return null
  const base = recordOf(added, item.at, deviceId)
  const record = item.failed === null ? base : { ...base, state: 'failed' as const, endedAt: item.failed.at }
  const row = { record, seen: nothingSeen(record, false), logged: null, args: item.args, local: true }
  return { record, row, stored: 'here', pending: item.failed === null ? 'add' : null, refused: item.failed }
}

/** One backup from its mirrored row and the queued calls about it, in order. Null: there is none. */
export function overlayBackup(
  row: BackupRow | undefined,
  items: readonly OutboxItem[],
  localDue: LocalDueRow | undefined,
  deviceId: string,
): ShownBackup | null {
  let shown: ShownBackup | null =
    row === undefined
      ? null
      : { record: row.record, row, stored: row.local ? 'here' : 'relay', pending: null, refused: null }
  for (const item of items) {
    if (shown === null || (shown.row.local && item.call.method === 'backup.put')) shown = addedHere(item, deviceId)
    else shown = laidOver(shown, item)
  }
  if (shown === null || localDue === undefined || shown.record.state !== 'armed') return shown
  if (shown.record.occurrence !== localDue.occurrence) return shown
  return { ...shown, record: { ...shown.record, state: 'due', dueAt: localDue.at } }
}

export function queuedFor(state: Readonly<State>, id: string): OutboxItem[] {
  return [...state.outbox.values()].filter((item) => backupOf(item) === id).sort((a, b) => a.n - b.n)
}

export function shownBackup(state: Readonly<State>, id: string): ShownBackup | null {
  const deviceId = state.account?.deviceId ?? ''
  return overlayBackup(state.backups.get(id), queuedFor(state, id), state.localDue.get(id), deviceId)
}

/** All of them, in the order they were made. */
export function shownBackups(state: Readonly<State>): ShownBackup[] {
  const queued = new Map<string, OutboxItem[]>()
  for (const item of [...state.outbox.values()].sort((a, b) => a.n - b.n)) {
    const id = backupOf(item)
    if (id !== null) queued.set(id, [...(queued.get(id) ?? []), item])
  }
  const deviceId = state.account?.deviceId ?? ''
  const ids = new Set([...state.backups.ids(), ...queued.keys()])
  const shown = [...ids].map((id) =>
    overlayBackup(state.backups.get(id), queued.get(id) ?? [], state.localDue.get(id), deviceId),
  )
  return shown
    .filter((one): one is ShownBackup => one !== null)
    .sort((a, b) => a.record.createdAt - b.record.createdAt || (a.record.id < b.record.id ? -1 : 1))
}

/** How far I have read of a friend's messages, what waits for the relay included. */
export function shownRead(state: Readonly<State>, friend: Uin): number {
  let read = state.marks.get(friend)?.mark.read ?? 0
  for (const { call, failed } of state.outbox.values()) {
    if (call.method !== 'mark.put' || failed !== null) continue
    for (const mark of call.params.marks) if (mark.friend === friend) read = Math.max(read, mark.read)
  }
  return read
}

/** My chosen status and its text, what waits for the relay included. */
export function shownSetting(state: Readonly<State>): SettingRecord {
  let setting = state.setting ?? { nick: state.account?.nick ?? null, status: 'auto', statusText: null }
  for (const { call, failed } of [...state.outbox.values()].sort((a, b) => a.n - b.n)) {
    if (call.method !== 'setting.put' || failed !== null) continue
    setting = {
      nick: call.params.nick === undefined ? setting.nick : call.params.nick,
      status: call.params.status ?? setting.status,
      statusText: call.params.statusText === undefined ? setting.statusText : call.params.statusText,
    }
  }
  return setting
}
