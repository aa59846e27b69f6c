import { toRfc3339 } from '../../domain/instant.ts'
import { isLive } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { NewBackup } from '../../protocol/relay-api.ts'
import type { BackupView } from '../../protocol/views.ts'
import { sealedContent } from '../backup-content.ts'
import { backupView, nextInstant } from '../backup-view.ts'
import { checkConditions, checkNote, editBackup, endedError, planOf, viewOf } from '../backups.ts'
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
  zoneOf,
} from '../core.ts'
import { keyedId, randomId } from '../ids.ts'
import { shownMessage } from '../messages.ts'
import { recordOf, type ShownBackup, shownBackup } from '../overlay.ts'
import { refuseTimeAsText, resolveWhen } from '../resolve-when.ts'
import { nothingSeen } from '../sightings.ts'
import { submit } from '../submit.ts'

export const backupAdd: Handler<'backup.add'> = async (core, params, session) => {
  const account = requireAccepted(core)
  const { text, when, action } = params
  const key = params.key ?? null
  const note = params.note ?? null
  const who = whoOf(core, session)
  const to = who(params.to)
  checkText(core, text)
  checkNote(core, note)
  const args = key === null ? null : JSON.stringify({ to, text, when, action, note })
  const id = key === null ? randomId(core.host.random) : keyedId(account.uin, key)
  const known = key === null || params.dryRun ? null : shownBackup(core.ledger.state, id)
  // A retry is told how the thing stands, even if its words mean another moment by now.
  if (known !== null && args !== null && known.row.args === args) return viewOf(core, session, id)

  const context = { now: core.link.now(), zone: zoneOf(session), to, me: account.uin, who }
  await refuseTimeAsText(text, when, context)
  const { trigger, matching, notes } = await resolveWhen(when, context)
  checkConditions(core, trigger)
  for (const condition of trigger.conditions) if (condition.kind === 'message') requireSendable(core, condition.from)
  requireSendable(core, to)
  const plan = planOf(to, trigger, action)
  const added: NewBackup = {
    id,
    plan,
    content: await sealedContent(knownOf(core), text, { id, plan, before: known?.record.content ?? null }),
    private: core.texts.sealBackupPrivate({ key, note, matching }, id, known?.record.private),
    conflictOf: null,
  }
  if (params.dryRun) return dryRun(core, session, added)
  if (known === null) {
    if (key !== null && (await shownMessage(core, session, id)) !== null) throw new ImError('KEY_TAKEN')
    const call = { method: 'backup.put' as const, params: { backups: [added] } }
    await submit(core, (_tx, queue) => queue(call, { key, args }))
  } else await addedAgain(core, known, added, args)
  return withNotes(viewOf(core, session, id), notes)
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
function dryRun(core: Core, session: LocalSession, added: NewBackup): BackupView {
  const context = viewContext(core, session)
  const record = recordOf(added, context.now, core.ledger.state.account?.deviceId ?? '')
  const row = { record, seen: nothingSeen(record, true), logged: null, args: null, local: true }
  const view = backupView({ record, row, stored: 'here', pending: null, refused: null }, context)
  const next = nextInstant(added.plan, context.now)
  return { ...view, id: null, next: next === null ? [] : [toRfc3339(next)] }
}

function withNotes(view: BackupView, notes: readonly string[]): BackupView {
  if (notes.length === 0) return view
  return { ...view, warnings: notes.map((message) => ({ code: 'TIME', message })) }
}
