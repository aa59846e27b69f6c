import { checkPlan } from '../../domain/check-plan.ts'
import { isLive, UNDO_FOR_MS } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { LocalParams } from '../../protocol/local-api.ts'
import type { NewBackup } from '../../protocol/relay-api.ts'
import type { ImportView } from '../../protocol/views.ts'
import { checkConditions, checkNote, checkPeople, endedError, itemsOf, whenContext } from '../backups.ts'
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
import { toImError } from '../errors.ts'
import { importedId, keyedId, randomId } from '../ids.ts'
import { submitAll } from '../link/submit.ts'
import { type ShownBackup, shownBackup } from '../mirror/overlay.ts'
import { keys, type QueuedCall } from '../mirror/rows.ts'
import { sealedContent } from '../plan/backup-content.ts'
import { type ImportedBackup, importedBackup } from '../plan/imported-backup.ts'
import { backupView } from '../views/backup-view.ts'

type Change = 'added' | 'changed' | 'skipped'

/** What a line comes to, and the call that does it. */
interface Step {
  line: number
  change: Change
  held: boolean
  call: { call: QueuedCall; key: string | null } | null
  /** The id of an add that the relay refused, and that is made again. */
  again: string | null
}

type Refused = ImportView['refused'][number]

/** A part of a file. Every line is done or refused by itself; what is past is held, never fired. */
export const backupImport: Handler<'backup.import'> = async (core, { rows, dryRun, onConflict }, session) => {
  requireAccepted(core)
  const steps: Step[] = []
  const refused: Refused[] = []
  const taken = new Set<string>()
  const find = (id: string) => shownBackup(core.ledger.state, id)
  for (const { line, backup } of rows) {
    try {
      steps.push({ line, ...(await stepFor(core, session, backup, onConflict, taken, find)) })
    } catch (error) {
      refused.push(refusal(line, toImError(error)))
    }
  }
  const outcome = dryRun ? null : await carryOut(core, steps)
  refused.push(...(outcome?.refused ?? []))
  const lost = new Set(refused.map(({ line }) => line))
  const done = steps.filter(({ line }) => !lost.has(line))
  const number = (change: Change): number => done.filter((step) => step.change === change).length
  return {
    v: 1,
    added: number('added'),
    changed: number('changed'),
    skipped: number('skipped'),
    held: done.filter((step) => step.held).length,
    waiting: outcome?.waiting ?? 0,
    stored: outcome && (outcome.waiting > 0 ? 'here' : 'relay'),
    refused: refused.sort((a, b) => a.line - b.line),
  }
}

type Find = (id: string) => ShownBackup | null

function refusal(line: number, { code, message }: ImError): Refused {
  return { line, code, message }
}

async function carryOut(core: Core, steps: readonly Step[]): Promise<{ refused: Refused[]; waiting: number }> {
  const queued = steps.filter((step) => step.call !== null)
  const { settled } = await submitAll(core, (tx, queue) => {
    for (const { call, again } of queued) {
      if (again !== null) for (const item of itemsOf(tx, again)) tx.remove(keys.outbox(item.n))
      if (call !== null) queue(call.call, { key: call.key })
    }
  })
  return {
    refused: settled.flatMap((one, at) => (one !== null && !one.ok ? refusal(queued[at]?.line ?? 0, one.error) : [])),
    waiting: settled.filter((one) => one === null).length,
  }
}

async function stepFor(
  core: Core,
  session: LocalSession,
  line: unknown,
  onConflict: LocalParams<'backup.import'>['onConflict'],
  taken: Set<string>,
  find: Find,
): Promise<Omit<Step, 'line'>> {
  const to = whoOf(core, session)(recipientOf(line))
  const row = await importedBackup(line, whenContext(core, session, to))
  checkText(core, row.text)
  checkNote(core, row.note)
  checkConditions(core, row.plan.trigger)
  checkPeople(core, row.plan.trigger)
  checkPlan(row.plan)
  requireSendable(core, to)

  const id = placeOf(core, session, row, find)
  const skipped = { change: 'skipped' as const, held: false, call: null, again: null }
  if (taken.has(id)) return skipped
  taken.add(id)
  const known = find(id)
  const added = await newBackup(core, row, id, known)
  if (known === null || refusedHere(known)) {
    const call = { method: 'backup.put' as const, params: { backups: [added] } }
    return { change: 'added', held: row.held !== null, call: { call, key: row.key }, again: known === null ? null : id }
  }
  const change = randomId(core.host.random)
  if (!isLive(known.record.state)) {
    const call = { method: 'backup.step' as const, params: { id, change, step: 'undo' as const } }
    return { change: 'added', held: row.held !== null, call: { call, key: null }, again: null }
  }
  if (onConflict === 'skip' || isSame(core, session, known, row)) return skipped
  if (known.record.plan.to !== to) throw new ImError('KEY_TAKEN', 'It is a backup for somebody else here.')
  const { plan, content, private: sealed } = added
  const params = { id, rev: known.record.rev, change, keep: false, rearm: true, plan, content, private: sealed }
  return { change: 'changed', held: false, call: { call: { method: 'backup.edit', params }, key: null }, again: null }
}

function recipientOf(line: unknown): string {
  const to = typeof line === 'object' && line !== null && 'to' in line ? line.to : undefined
  if (typeof to === 'string' && to !== '') return to
  throw new ImError('BAD_FILE', 'to: a name or a UIN is due')
}

/**
 * The id a line stands for. One that lives here keeps it, and so does one that was cancelled as it is: it comes back. Else
 * it becomes another one, whose id follows from the first: the same line again finds it.
 */
function placeOf(core: Core, session: LocalSession, row: ImportedBackup, find: Find): string {
  const { uin } = requireAccepted(core)
  const fits = (known: ShownBackup): boolean =>
    isLive(known.record.state) || refusedHere(known) || (undoable(core, known) && isSame(core, session, known, row))
  if (row.key !== null) {
    const id = keyedId(uin, row.key)
    const known = find(id)
    if (known === null || fits(known)) return id
    throw endedError(known) ?? new ImError('ALREADY_FINISHED')
  }
  if (row.id === null) return randomId(core.host.random)
  for (let id = row.id; ; id = importedId(uin, id)) {
    const known = find(id)
    if (known === null ? id !== row.id : fits(known)) return id
  }
}

/** An add that never came to be. */
function refusedHere({ refused, row }: ShownBackup): boolean {
  return refused !== null && row.local
}

function undoable(core: Core, { record, pending }: ShownBackup): boolean {
  const ended = record.state === 'cancelled' || record.state === 'dismissed'
  return ended && pending === null && core.link.now() - (record.endedAt ?? 0) < UNDO_FOR_MS
}

/** Whether both would do the same with the same words. */
function isSame(core: Core, session: LocalSession, known: ShownBackup, row: ImportedBackup): boolean {
  const { text, note } = backupView(known, viewContext(core, session))
  return text === row.text && note === row.note && essence(known.record.plan) === essence(row.plan)
}

/** A plan without what moves as a series goes on. */
function essence(plan: NewBackup['plan']): string {
  const conditions = plan.trigger.conditions.map((one) => {
    if (one.kind !== 'every') return one.kind === 'read' ? { kind: one.kind, who: one.who } : one
    const { rule, zone, until, count, done } = one
    return { rule, zone, until, left: count === null ? null : count - done }
  })
  const repeat = plan.repeat && { until: plan.repeat.until, count: plan.repeat.count }
  return JSON.stringify({ ...plan, trigger: { match: plan.trigger.match, conditions }, repeat })
}

async function newBackup(
  core: Core,
  { key, note, matching, plan, text, held }: ImportedBackup,
  id: string,
  known: ShownBackup | null,
): Promise<NewBackup> {
  return {
    id,
    plan,
    content: await sealedContent(knownOf(core), text, { id, plan, before: known?.record.content ?? null }),
    private: core.texts.sealBackupPrivate({ key, note, matching, command: null }, id, known?.record.private),
    conflictOf: null,
    ...(held !== null && { held }),
  }
}
