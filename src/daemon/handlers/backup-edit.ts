import { ImError } from '../../protocol/errors.ts'
import { contentFor, isUnfit, sealedContent } from '../backup-content.ts'
import {
  type BackupChange,
  checkConditions,
  checkNote,
  editBackup,
  endedError,
  findBackup,
  viewOf,
} from '../backups.ts'
import { checkText, type Handler, knownOf, requireAccepted, whoOf, zoneOf } from '../core.ts'
import { hasWhen, refuseTimeAsText, resolveWhen } from '../resolve-when.ts'
import { NO_PRIVATE } from '../texts.ts'

/** A new when replaces the trigger and arms anew; text, note and action leave it as it is. */
export const backupEdit: Handler<'backup.edit'> = async (core, params, session) => {
  const { uin: me } = requireAccepted(core)
  const shown = findBackup(core, params.id)
  const { record } = shown
  const { plan } = record
  const clear = new Set(params.clear ?? [])
  const when = params.when !== undefined && hasWhen(params.when) ? params.when : null
  if (when !== null && clear.has('when')) throw new ImError('USAGE', 'A new when and --clear when exclude each other.')
  const ended = endedError(shown)
  const revived = when !== null && ['missed', 'expired', 'failed'].includes(record.state)
  if (ended !== null && !revived) throw ended

  const change: BackupChange = { rearm: when !== null || clear.has('when') }
  const { texts } = core
  const known = knownOf(core)
  const privately = texts.backupPrivate(record) ?? NO_PRIVATE
  let trigger = clear.has('when') ? { match: 'all' as const, conditions: [] } : plan.trigger
  let { matching } = clear.has('when') ? NO_PRIVATE : privately
  if (when !== null) {
    const context = { now: core.link.now(), zone: zoneOf(session), to: plan.to, me, who: whoOf(core, session) }
    if (params.text !== undefined) await refuseTimeAsText(params.text, when, context)
    ;({ trigger, matching } = await resolveWhen(when, context))
    checkConditions(core, trigger)
  }
  const action = params.action === undefined ? plan.action : actionOf(params.action)
  if (change.rearm || params.action !== undefined) change.plan = { ...plan, trigger, action }
  if (params.text !== undefined) {
    checkText(core, params.text)
    const draft = { id: record.id, plan: { ...plan, trigger, action }, before: record.content }
    change.content = await sealedContent(known, params.text, draft)
  } else if (action.kind === 'send' && isUnfit(known, record, { ...plan, trigger, action })) {
    change.content = await contentFor(known, record, { ...plan, trigger, action })
  }
  const note = clear.has('note') ? null : (params.note ?? privately.note)
  checkNote(core, note)
  if (change.rearm || note !== privately.note) {
    change.private = texts.sealBackupPrivate({ ...privately, note, matching }, record.id, record.private)
  }
  if (change.plan === undefined && change.content === undefined && change.private === undefined) {
    throw new ImError('USAGE', 'Nothing to change.', {
      hint: 'give a text, a when, --note, --send, --remind or --clear',
    })
  }
  await editBackup(core, shown, change, { ifRev: params.ifRev })
  return viewOf(core, session, record.id)
}

function actionOf(action: 'remind' | 'send') {
  return action === 'send' ? { kind: 'send' as const, countdownMs: null } : { kind: 'remind' as const }
}
