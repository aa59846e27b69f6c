import type { Trigger } from '../../domain/backup.ts'
import { checkPlan } from '../../domain/check-plan.ts'
import { ImError } from '../../protocol/errors.ts'
import {
  type BackupChange,
  checkConditions,
  checkNote,
  checkPeople,
  editBackup,
  endedError,
  findBackup,
  viewOf,
  whenContext,
} from '../backups.ts'
import { checkText, type Handler, knownOf, requireAccepted } from '../core.ts'
import { NO_PRIVATE } from '../mirror/texts.ts'
import { contentFor, isUnfit, sealedContent } from '../plan/backup-content.ts'
import { resolveAction } from '../plan/resolve-action.ts'
import { hasPolicy, resolvePolicy } from '../plan/resolve-policy.ts'
import { hasWhen, resolveWhen } from '../plan/resolve-when.ts'

const MANUAL: Trigger = { match: 'all', conditions: [] }

/** A new when replaces the trigger and arms anew; text, note, action, window, unless and late leave it as it is. */
export const backupEdit: Handler<'backup.edit'> = async (core, params, session) => {
  requireAccepted(core)
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
  const context = whenContext(core, session, plan.to)
  const cleared = clear.has('when') ? { trigger: MANUAL, repeat: null, matching: [] } : null
  let { trigger, repeat, matching } = cleared ?? { ...plan, matching: privately.matching }
  if (when !== null) {
    ;({ trigger, repeat, matching } = await resolveWhen(when, context))
    checkConditions(core, trigger)
    checkPeople(core, trigger)
  }
  const { action, command } =
    params.action === undefined
      ? { action: plan.action, command: privately.command }
      : resolveAction(core, { ...params, action: params.action })
  const { policy = {} } = params
  const policed = await resolvePolicy(policy, plan, { clear, tz: params.when?.tz }, context)
  const planned = change.rearm || params.action !== undefined || hasPolicy(policy) || clear.size > 0
  if (planned) {
    change.plan = { ...plan, ...policed, trigger, repeat, action }
    checkPlan(change.plan)
  }
  const next = change.plan ?? plan
  if (params.text !== undefined) {
    checkText(core, params.text)
    change.content = await sealedContent(known, params.text, { id: record.id, plan: next, before: record.content })
  } else if (next.action.kind === 'send' && isUnfit(known, record, next)) {
    change.content = await contentFor(known, record, next)
  }
  const note = clear.has('note') ? null : (params.note ?? privately.note)
  checkNote(core, note)
  const runs = command !== privately.command
  if (change.rearm || runs || note !== privately.note) {
    change.private = texts.sealBackupPrivate({ ...privately, note, matching, command }, record.id, record.private)
  }
  if (change.plan === undefined && change.content === undefined && change.private === undefined) {
    throw new ImError('USAGE', 'Nothing to change.', {
      hint: 'give a text, a when, a window, --note, --send, --remind or --clear',
    })
  }
  await editBackup(core, shown, change, { ifRev: params.ifRev })
  return viewOf(core, session, record.id)
}
