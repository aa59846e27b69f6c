import type { Instant } from '../../domain/instant.ts'
import { isListening, repeats } from '../../domain/repeating.ts'
import type { Uin } from '../../domain/uin.ts'
import type { ErrorData } from '../../protocol/errors.ts'
import type { BackupRecord, FriendRecord, SettingRecord } from '../../protocol/records.ts'
import type { NewBackup, RelayParams } from '../../protocol/relay-api.ts'
import type { BackupRow, LocalDueRow, OutboxItem } from './rows.ts'
import { nothingSeen } from './sightings.ts'
import type { State } from './state.ts'

/** A backup as the user sees it: the mirror with the outbox laid over it. */
export interface ShownBackup {
  record: BackupRecord
  row: BackupRow
  stored: 'relay' | 'here'
  /** What waits for the relay: the newest of add, edit, send, cancel, undo, dismiss, snooze, pause, resume, skip. */
  pending: string | null
  /** A queued change that the relay refused. */
  refused: { error: ErrorData; at: Instant } | null
}

/** A record as the relay will make it from a `backup.put`; armed only when the relay takes it. */
export function recordOf({ held, ...added }: NewBackup, at: Instant, deviceId: string): BackupRecord {
  return {
    ...added,
    rev: 1,
    state: held === undefined ? 'armed' : 'held',
    heldReason: held ?? null,
    blobs: [],
    occurrence: 1,
    armedAt: at,
    armedSeq: 0,
    resumeAt: null,
    final: false,
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
      return { ...pending, pending: call.params.step, record: stepTaken(shown.record, call.params) }
    default:
      return shown
  }
}

/** What is certain of a step before the relay has taken it. Whether a cancel comes in time is not. */
function stepTaken(record: BackupRecord, step: RelayParams<'backup.step'>): BackupRecord {
  switch (step.step) {
    case 'dismiss':
      if (record.final || !repeats(record.plan)) return { ...record, state: 'dismissed' }
      return { ...record, state: 'armed', dueAt: null, occurrence: record.occurrence + 1 }
    case 'snooze':
      return { ...record, state: 'armed', dueAt: null, resumeAt: step.until }
    case 'pause':
      return { ...record, state: 'held', heldReason: 'PAUSED', resumeAt: step.until }
    case 'resume':
      return { ...record, state: 'armed', heldReason: null, resumeAt: null }
    case 'cancel':
    case 'undo':
    case 'skip':
    case 'ran':
      return record
    default:
      return step satisfies never
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
  if (shown === null || localDue === undefined || !isListening(shown.record)) return shown
  if (shown.record.occurrence !== localDue.occurrence) return shown
  return { ...shown, record: { ...shown.record, state: 'due', dueAt: localDue.at, final: true } }
}

export function shownBackup(state: Readonly<State>, id: string): ShownBackup | null {
  const deviceId = state.account?.deviceId ?? ''
  return overlayBackup(state.backups.get(id), state.outbox.about(id), state.localDue.get(id), deviceId)
}

/** All of them, in no order: for who counts or picks out. */
export function shownUnsorted(state: Readonly<State>): ShownBackup[] {
  const ids = new Set([...state.backups.ids(), ...state.outbox.backups()])
  return [...ids].map((id) => shownBackup(state, id)).filter((one) => one !== null)
}

/** All of them, in the order they were made. */
export function shownBackups(state: Readonly<State>): ShownBackup[] {
  return shownUnsorted(state).sort(
    (a, b) => a.record.createdAt - b.record.createdAt || (a.record.id < b.record.id ? -1 : 1),
  )
}

/** How far I have read of a friend's messages, what waits for the relay included. */
export function shownRead(state: Readonly<State>, friend: Uin): number {
  let read = state.marks.get(friend)?.mark.read ?? 0
  for (const { call, failed } of state.outbox.about(null)) {
    if (call.method !== 'mark.put' || failed !== null) continue
    for (const mark of call.params.marks) if (mark.friend === friend) read = Math.max(read, mark.read)
  }
  return read
}

/** My chosen status and its text, what waits for the relay included. */
export function shownSetting(state: Readonly<State>): SettingRecord {
  const blank: SettingRecord = { nick: state.account?.nick ?? null, status: 'auto', statusText: null, quiet: null }
  let setting = state.setting ?? blank
  for (const { call, failed } of state.outbox.about(null)) {
    if (call.method !== 'setting.put' || failed !== null) continue
    setting = {
      nick: call.params.nick === undefined ? setting.nick : call.params.nick,
      status: call.params.status ?? setting.status,
      statusText: call.params.statusText === undefined ? setting.statusText : call.params.statusText,
      quiet: call.params.quiet === undefined ? setting.quiet : call.params.quiet,
    }
  }
  return setting
}

/** What I have set about a friend, what waits for the relay included. */
export function friendSettings(
  state: Readonly<State>,
  { uin, ...friend }: FriendRecord,
): Pick<FriendRecord, 'notify' | 'hide' | 'quiet'> {
  let { notify, hide, quiet } = friend
  for (const { call, failed } of state.outbox.about(null)) {
    if (call.method !== 'friend.set' || call.params.uin !== uin || failed !== null) continue
    ;({ notify = notify, hide = hide, quiet = quiet } = call.params)
  }
  return { notify, hide, quiet }
}
