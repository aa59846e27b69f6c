import type { BackupPlan } from '../../domain/backup.ts'
import { checkPlan } from '../../domain/check-plan.ts'
import { toRfc3339 } from '../../domain/instant.ts'
import { isLive } from '../../domain/life.ts'
import type { Uin } from '../../domain/uin.ts'
import { quietEnd } from '../../domain/window.ts'
import { ImError } from '../../protocol/errors.ts'
import type { LocalParams } from '../../protocol/local-api.ts'
import type { NewBackup } from '../../protocol/relay-api.ts'
import type { BackupView, Warning } from '../../protocol/views.ts'
import { checkConditions, checkNote, checkPeople, editBackup, endedError, viewOf, whenContext } from '../backups.ts'
import {
  type Core,
  checkText,
  type Handler,
  knownOf,
  type LocalSession,
  requireAccepted,
  requireSendable,
  viewContext,
  whoOf,
} from '../core.ts'
import { dropDraft } from '../drafts.ts'
import { digestOf, keyedId, onceId, randomId } from '../ids.ts'
import { submit } from '../link/submit.ts'
import { friendSettings, recordOf, type ShownBackup, shownBackup, shownSetting } from '../mirror/overlay.ts'
import { nothingSeen } from '../mirror/sightings.ts'
import { sealedContent } from '../plan/backup-content.ts'
import { resolveAction } from '../plan/resolve-action.ts'
import { NO_POLICY, resolvePolicy } from '../plan/resolve-policy.ts'
import { refuseTimeAsText, resolveWhen } from '../plan/resolve-when.ts'
import { backupView, nextInstant } from '../views/backup-view.ts'
import { shownMessage } from '../views/messages.ts'

export const backupAdd: Handler<'backup.add'> = async (core, params, session) => {
  const account = requireAccepted(core)
  const { text, when, policy = {}, action: kind, countdown, command: argv } = params
  const actionParams = countdown === undefined && argv === undefined ? kind : { kind, countdown, argv }
  const key = params.key ?? null
  const note = params.note ?? null
  const who = whoOf(core, session)
  const to = who(params.to)
  checkText(core, text)
  checkNote(core, note)
  const args = key === null ? null : digestOf({ to, text, when, policy, action: actionParams, note })
  const id = idOf(core, account.uin, params)
  const known = params.dryRun ? null : shownBackup(core.ledger.state, id)
  if (known !== null) core.outbox.promise(id)
  // A retry is told how the thing stands, even if its words mean another moment by now.
  if (known !== null && (key === null || known.row.args === args)) return viewOf(core, session, id)

  const context = whenContext(core, session, to)
  if (params.textIsWord) await refuseTimeAsText(text, when, context)
  const { action, command } = resolveAction(core, params)
  const { trigger, repeat, matching, notes } = await resolveWhen(when, context)
  const policed = await resolvePolicy(policy, NO_POLICY, { tz: when.tz }, context)
  const plan: BackupPlan = { to, trigger, action, repeat, ...policed }
  checkConditions(core, trigger)
  checkPeople(core, trigger)
  checkPlan(plan)
  requireSendable(core, to)
  const added: NewBackup = {
    id,
    plan,
    content: await sealedContent(knownOf(core), text, { id, plan, before: known?.record.content ?? null }),
    private: core.texts.sealBackupPrivate({ key, note, matching, command }, id, known?.record.private),
    conflictOf: null,
  }
  const warnings = [...notes.map((message) => ({ code: 'TIME', message })), ...quietWarnings(core, plan)]
  if (params.dryRun) return withWarnings(await dryRun(core, session, added), warnings)
  if (known === null) {
    if (key !== null && (await shownMessage(core, session, id)) !== null) throw new ImError('KEY_TAKEN')
    const call = { method: 'backup.put' as const, params: { backups: [added] } }
    await submit(core, (tx, queue) => {
      dropDraft(tx, to, params.draft)
      queue(call, { key, args })
    })
  } else await addedAgain(core, known, added, args)
  return withWarnings(viewOf(core, session, id), warnings)
}

function idOf({ host }: Core, me: Uin, { key, once }: LocalParams<'backup.add'>): string {
  if (key !== undefined) return keyedId(me, key)
  return once === undefined ? randomId(host.random) : onceId(me, once)
}

/** The same key with other arguments: a live one is edited. */
async function addedAgain(core: Core, known: ShownBackup, added: NewBackup, args: string | null): Promise<void> {
  const { record } = known
  const { plan, content, private: sealed } = added
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  const read = (one: typeof record | NewBackup) => [core.texts.backup(one), core.texts.backupPrivate(one)]
  const sameText = same(read(record), read(added))
  // Made on another device: its words are not known here, what they came to is.
  if (sameText && same(record.plan, plan)) return
  const refusedAdd = known.refused !== null && known.row.local
  if (!isLive(record.state) && !refusedAdd) throw endedError(known) ?? new ImError('ALREADY_FINISHED')
  if (record.plan.to !== plan.to) throw new ImError('KEY_TAKEN', 'That key belongs to a backup for somebody else.')
  const rearm = !same(record.plan.trigger, plan.trigger)
  await editBackup(core, known, { plan, content, private: sealed, rearm }, { args })
}

/** What it would be, without making it. */
async function dryRun(core: Core, session: LocalSession, added: NewBackup): Promise<BackupView> {
  const context = viewContext(core, session)
  const record = recordOf(added, context.now, core.ledger.state.account?.deviceId ?? '')
  const row = { record, seen: nothingSeen(record, true), logged: null, args: null, local: true }
  const view = backupView({ record, row, stored: 'here', pending: null, refused: null }, context)
  const { nextInstants } = await import('../../domain/series.ts')
  return { ...view, id: null, next: nextInstants(added.plan, context.now, 5).map(toRfc3339) }
}

/** A time the owner chose is kept also in quiet hours; that is said. */
function quietWarnings(core: Core, plan: BackupPlan): Warning[] {
  const at = nextInstant(plan, core.link.now())
  if (plan.action.kind !== 'send' || at === null) return []
  const { state } = core.ledger
  const friend = state.friends.get(plan.to)
  const hours = [shownSetting(state).quiet, friend === undefined ? null : friendSettings(state, friend).quiet]
  const inForce = hours.find((one) => one !== null && quietEnd([one], at) !== null)
  if (!inForce) return []
  const whose = inForce === hours[0] ? 'your quiet hours' : 'the quiet hours you set for them'
  return [{ code: 'QUIET_HOURS', message: `Its time lies in ${whose}; it goes all the same, since you chose it.` }]
}

function withWarnings(view: BackupView, warnings: readonly Warning[]): BackupView {
  return warnings.length === 0 ? view : { ...view, warnings: [...(view.warnings ?? []), ...warnings] }
}
