import type { HeldReason } from '../../domain/backup.ts'
import type { BackupRecord } from '../../protocol/records.ts'
import type { Known } from '../mirror/friend-keys.ts'
import type { Told } from '../mirror/mirror.ts'
import { shownBackup, shownRead } from '../mirror/overlay.ts'
import { textOf } from '../mirror/texts.ts'
import { nameOf } from '../views/views.ts'
import { heldText } from '../views/why-text.ts'
import type { About, Notable } from './notable.ts'

/** Something the log told, as far as it may deserve a popup. */
export function notableOf(told: Told, known: Known): Notable[] {
  const { state, texts } = known
  const { account } = state
  if (told.type === 'message' && told.message !== undefined && told.change === 'arrived') {
    const { message } = told.message
    const mine = message.from === account?.uin
    if (mine && message.deviceId === account.deviceId) return []
    const name = mine ? 'Note to myself' : nameOf(known, message.from)
    return [
      { kind: 'message', uin: message.friend, n: message.n, name, text: textOf(texts.message(told.message)), mine },
    ]
  }
  if (told.type === 'friend' && told.change === 'loop-cap' && 'friend' in told.ref) {
    const { friend } = told.ref
    const why = 'Automatic messages between you were too many, and are stopped.'
    return [{ kind: 'trouble', id: null, uin: friend, to: nameOf(known, friend), why, missed: false }]
  }
  const record = told.type === 'backup' && 'backup' in told.ref ? state.backups.get(told.ref.backup)?.record : undefined
  return record === undefined ? [] : ofBackup(record, told, known)
}

/** Reasons for which something is held that its owner did not ask for. */
const UNWANTED: ReadonlySet<HeldReason | null> = new Set(['NOT_FRIENDS', 'RESTORED'])

function ofBackup(record: BackupRecord, { change, shownHere = false }: Told, known: Known): Notable[] {
  const { id, plan, state } = record
  if (change === 'due' && state === 'due') return [dueNotable(record, known, shownHere)]
  if (change !== state) return []
  const trouble = state === 'failed' || state === 'missed' || (state === 'held' && UNWANTED.has(record.heldReason))
  if (!trouble) return []
  const why = record.error?.message ?? (state === 'held' ? heldText(record.heldReason) : 'Its moment has passed.')
  return [{ kind: 'trouble', id, uin: plan.to, to: nameOf(known, plan.to), why, missed: state === 'missed' }]
}

/** A backup that the relay holds, and that nobody here has held. */
export function notableHeld(id: string, known: Known): Notable[] {
  const record = known.state.backups.get(id)?.record
  if (record === undefined) return []
  const { plan, heldReason } = record
  return [{ kind: 'trouble', id, uin: plan.to, to: nameOf(known, plan.to), why: heldText(heldReason), missed: false }]
}

/** A reminder whose moment has come. `shownHere`: this device has shown it already. */
export function dueNotable(record: BackupRecord, known: Known, shownHere: boolean): Notable {
  const { id, occurrence, plan } = record
  const text = textOf(known.texts.backup(record))
  const to = nameOf(known, plan.to)
  const mine = plan.to === known.state.account?.uin
  return { kind: 'due', id, occurrence, uin: plan.to, to, text, mine, shownHere, chosen: isChosen(record) }
}

/** Whether it came due at a time that its owner named. */
function isChosen({ plan }: BackupRecord): boolean {
  return plan.trigger.conditions.some(({ kind }) => kind === 'time' || kind === 'every')
}

/** Whether what a popup is about has been dealt with, here or on another device. */
export function isOver(about: About, { state }: Known): boolean {
  switch (about.kind) {
    case 'friend':
      return false
    case 'messages':
      return shownRead(state, about.uin) >= about.upTo
    case 'backup': {
      const shown = shownBackup(state, about.id)
      if (shown === null || shown.pending === 'send' || shown.pending === 'cancel') return true
      return shown.record.state !== about.state || shown.record.occurrence !== about.occurrence
    }
    default:
      return about satisfies never
  }
}
