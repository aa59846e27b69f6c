/** Snooze, pause, resume, skip: one step at the relay, shown at once, on its way when the relay is away. */
import { ImError } from '../../protocol/errors.ts'
import type { RelayParams } from '../../protocol/relay-api.ts'
import type { BackupView } from '../../protocol/views.ts'
import { checkPeople, endedError, findBackup, viewOf } from '../backups.ts'
import { type Core, type Handler, type LocalSession, requireAccepted, requireSendable, zoneOf } from '../core.ts'
import { randomId } from '../ids.ts'
import { submit } from '../link/submit.ts'
import { refuseChangedKey } from '../mirror/friend-keys.ts'
import type { ShownBackup } from '../mirror/overlay.ts'

type Step = RelayParams<'backup.step'>
type Queued<S> = S extends Step ? Omit<S, 'id' | 'change'> : never

async function take(core: Core, session: LocalSession, shown: ShownBackup, step: Queued<Step>): Promise<BackupView> {
  const ended = endedError(shown)
  if (ended !== null) throw ended
  const { id } = shown.record
  const params = { ...step, id, change: randomId(core.host.random) } as Step
  await submit(core, (_tx, queue) => queue({ method: 'backup.step', params }))
  return viewOf(core, session, id)
}

async function instantOf(core: Core, session: LocalSession, words: string, tz: string | undefined): Promise<number> {
  const { parseTime } = await import('../../domain/time-words.ts')
  return parseTime(words, { now: core.link.now(), zone: tz ?? zoneOf(session), mode: 'future' }).at
}

/** A due one is due again at that time. */
export const backupSnooze: Handler<'backup.snooze'> = async (core, params, session) => {
  requireAccepted(core)
  const shown = findBackup(core, params.id)
  if (shown.record.state === 'armed' || shown.record.state === 'held') {
    throw new ImError('USAGE', 'Only a due reminder can be snoozed.', { hint: `im backup edit ${params.id} --at T` })
  }
  const until = await instantOf(core, session, params.until, params.tz)
  return take(core, session, shown, { step: 'snooze', until })
}

export const backupPause: Handler<'backup.pause'> = async (core, params, session) => {
  requireAccepted(core)
  const shown = findBackup(core, params.id)
  const until = params.until === undefined ? null : await instantOf(core, session, params.until, params.tz)
  return take(core, session, shown, { step: 'pause', until })
}

export const backupResume: Handler<'backup.resume'> = async (core, params, session) => {
  requireAccepted(core)
  const shown = findBackup(core, params.id)
  if (shown.record.state === 'armed') return viewOf(core, session, shown.record.id)
  if (shown.record.state === 'due') throw new ImError('USAGE', 'It is due, not held.')
  const { plan } = shown.record
  // It would never come due, or fail when it does.
  if (shown.record.state === 'held') {
    requireSendable(core, plan.to)
    checkPeople(core, plan.trigger)
  }
  if (plan.action.kind === 'send') refuseChangedKey({ state: core.ledger.state, texts: core.texts }, plan.to)
  return take(core, session, shown, { step: 'resume' })
}

export const backupSkip: Handler<'backup.skip'> = async (core, params, session) => {
  requireAccepted(core)
  return take(core, session, findBackup(core, params.id), { step: 'skip', count: params.count })
}
