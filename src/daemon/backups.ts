import type { BackupPlan, Trigger } from '../domain/backup.ts'
import { namedBy } from '../domain/conditions.ts'
import { isLive } from '../domain/life.ts'
import type { Uin } from '../domain/uin.ts'
import { type ErrorCode, ImError } from '../protocol/errors.ts'
import type { Envelope } from '../protocol/records.ts'
import type { NewBackup } from '../protocol/relay-api.ts'
import type { BackupView } from '../protocol/views.ts'
import {
  type Core,
  type LocalSession,
  limitsOf,
  requireAccount,
  requireSendable,
  viewContext,
  whoOf,
  zoneOf,
} from './core.ts'
import { findId, randomId } from './ids.ts'
import type { Queue } from './link/outbox.ts'
import { submit } from './link/submit.ts'
import { type ShownBackup, shownBackup, shownBackups } from './mirror/overlay.ts'
import { backupOf } from './mirror/queued-calls.ts'
import { keys, type OutboxItem } from './mirror/rows.ts'
import type { Tx } from './mirror/tx.ts'
import type { WhenContext } from './plan/resolve-when.ts'
import { backupView } from './views/backup-view.ts'
import { myMessageUpTo } from './views/messages.ts'

/** The backup that is meant; throws NO_SUCH_BACKUP or AMBIGUOUS. */
export function findBackup(core: Core, typed: string): ShownBackup {
  const { state } = core.ledger
  const named = shownBackup(state, typed)
  if (named !== null) return named
  const id = findId(
    typed,
    shownBackups(state).map((shown) => shown.record.id),
  )
  const shown = id === null ? null : shownBackup(state, id)
  if (shown === null)
    throw new ImError('NO_SUCH_BACKUP', `There is no backup ${typed}.`, { hint: 'im backup list --all' })
  return shown
}

/** How it stands now, for the answer. */
export function viewOf(core: Core, session: LocalSession, id: string): BackupView {
  return backupView(findBackup(core, id), viewContext(core, session))
}

/** What time words, names and patterns are resolved against, for a backup to somebody. */
export function whenContext(core: Core, session: LocalSession, to: Uin): WhenContext {
  return {
    now: core.link.now(),
    zone: zoneOf(session),
    to,
    me: requireAccount(core).uin,
    who: whoOf(core, session),
    patternChars: limitsOf(core).patternChars,
    lastSent: async (friend) => (await myMessageUpTo(core, friend, Number.MAX_SAFE_INTEGER - 1))?.message.n ?? null,
  }
}

/** Everybody a condition names has to be a friend; oneself is no condition. */
export function checkPeople(core: Core, { conditions }: Trigger): void {
  const me = requireAccount(core).uin
  for (const condition of conditions) {
    const person = namedBy(condition)
    if (person === null) continue
    if (person === me && condition.kind !== 'my-send') {
      throw new ImError('NEVER_FIRES', 'A condition about yourself never comes true.')
    }
    requireSendable(core, person)
  }
}

export function checkNote(core: Core, note: string | null): void {
  const { noteBytes } = limitsOf(core)
  if (note !== null && Buffer.byteLength(note) > noteBytes) {
    throw new ImError('TOO_LONG', `A note may have ${noteBytes} bytes.`)
  }
}

export function checkConditions(core: Core, trigger: Trigger): void {
  const { conditions } = limitsOf(core)
  if (trigger.conditions.length > conditions) throw new ImError('LIMIT', `A backup may have ${conditions} conditions.`)
}

/** The error for a backup that can no longer be changed; null while it can. */
export function endedError({ record }: ShownBackup): ImError | null {
  if (record.state === 'sent') return new ImError('ALREADY_SENT')
  if (isLive(record.state)) return null
  const undo = record.state === 'cancelled' || record.state === 'dismissed'
  const hint = undo ? `im backup undo ${record.id}` : `im backup edit ${record.id} --at T`
  return new ImError('ALREADY_FINISHED', `That backup is ${record.state}.`, { hint })
}

/** Queued calls about a backup, as the change under way leaves them. */
export function itemsOf(tx: Tx, id: string): OutboxItem[] {
  return tx.items().filter((item) => backupOf(item) === id)
}

/**
 * The add of a backup that has certainly not reached the relay, or that the relay refused: it is ours alone. One with a
 * key may have been made on another device as well, and is nobody's alone.
 */
export function ownAdd(tx: Tx, id: string): OutboxItem | null {
  const add = itemsOf(tx, id).find((item) => item.call.method === 'backup.put')
  return add !== undefined && ((!add.left && add.key === null) || add.failed !== null) ? add : null
}

export interface BackupChange {
  plan?: BackupPlan
  content?: Envelope
  private?: Envelope
  rearm: boolean
}

function changedAdd(added: NewBackup, change: BackupChange): NewBackup {
  return {
    ...added,
    plan: change.plan ?? added.plan,
    content: change.content ?? added.content,
    private: change.private ?? added.private,
  }
}

function queueEdit(
  tx: Tx,
  queue: Queue,
  shown: ShownBackup,
  change: BackupChange,
  given: { id: string; ifRev: number | null; args: string | null },
): void {
  const { id } = shown.record
  const add = ownAdd(tx, id)
  if (add !== null && add.call.method === 'backup.put') {
    // Nobody has seen the add: it is changed where it lies, and a refused one gets another chance.
    const backups = add.call.params.backups.map((added) => changedAdd(added, change))
    const call = { method: 'backup.put' as const, params: { backups } }
    if (add.failed === null) tx.put(keys.outbox(add.n), { ...add, call, args: given.args ?? add.args })
    else {
      for (const item of itemsOf(tx, id)) tx.remove(keys.outbox(item.n))
      queue(call, { key: add.key, args: given.args ?? add.args, again: true })
    }
    return
  }
  for (const item of itemsOf(tx, id)) if (item.failed !== null) tx.remove(keys.outbox(item.n))
  const rev = given.ifRev ?? shown.record.rev
  const params = { id, rev, change: given.id, keep: given.ifRev === null, ...change }
  queue({ method: 'backup.edit', params }, { args: given.args })
}

/** Changes a backup; an edit that lost is told with the backup that keeps its text. */
export async function editBackup(
  core: Core,
  shown: ShownBackup,
  change: BackupChange,
  options: { ifRev?: number | undefined; args?: string | null } = {},
): Promise<void> {
  const { ifRev = null, args = null } = options
  const { record } = shown
  if (ifRev !== null && ifRev !== record.rev) {
    throw new ImError('REV_CONFLICT', `It is at revision ${record.rev}, not ${ifRev}.`, {
      hint: `im backup show ${record.id}`,
    })
  }
  const id = randomId(core.host.random)
  const { settled } = await submit(core, (tx, queue) => queueEdit(tx, queue, shown, change, { id, ifRev, args }))
  const answer = settled[0]?.ok ? settled[0].answer : null
  if (answer?.method !== 'backup.edit' || answer.result.conflict === null) return
  const { state } = answer.result.record
  const code: ErrorCode = state === 'sent' ? 'ALREADY_SENT' : isLive(state) ? 'REV_CONFLICT' : 'ALREADY_FINISHED'
  throw new ImError(code, undefined, { hint: `your text is kept: im backup show ${answer.result.conflict.id}` })
}
