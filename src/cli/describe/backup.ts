/** A backup in sentences: what will happen, what it needs, how to undo it. */
import { SECOND_MS } from '../../domain/instant.ts'
import type { BackupView, ConditionView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import type { Column, Paint } from '../output/table.ts'
import { type Names, namesOf } from './names.ts'
import { distance, instantCell, instantWords, span, wallWords } from './time.ts'

/** Enough of an id to name it again; four characters is the least the daemon takes. */
export function shortId(id: string | null): string {
  return id === null ? '' : id.slice(0, 6)
}

/** `view` as shown after each verb that changes one. */
export function shownBackup(context: Context, view: BackupView): { id: string | null; text: () => Promise<string> } {
  return { id: view.id, text: async () => backupSentence(view, await namesOf(context), context.io.clock.now()) }
}

export function backupSentence(backup: BackupView, names: Names, now: number): string {
  if (backup.pending === 'cancel') return 'asked to cancel; until the relay answers it may still be sent'
  const parts = [stateSentence(backup, names, now)]
  const counting = countdownWords(backup, now) !== null
  const live = !counting && (backup.state === 'armed' || backup.state === 'held')
  // One that was cancelled before it left is nobody else's.
  const isHere = backup.pending !== null || (backup.stored === 'here' && backup.state !== 'cancelled')
  const waits = isHere && backup.id !== null
  if (backup.state === 'armed' && backup.action !== 'remind' && !counting) {
    // Until the relay has it, it needs this machine.
    if (!waits || !backup.standIn) parts.push(goesWithout(backup))
  }
  if (waits) parts.push('kept here; goes to the relay when it answers')
  if (backup.id === null) parts.push('dry run, nothing is stored')
  else if (live) parts.push(`undo: im backup ${undoOf(backup)} ${shortId(backup.id)}`)
  return parts.join('; ')
}

/** What becomes of it when this machine, or all of them, are off. */
function goesWithout(backup: BackupView): string {
  if (backup.standIn) return 'goes even if this machine is off'
  const instead = remindsInstead(backup) ? ' to count down; with none up it reminds you instead' : ''
  return `needs one of your terminals${instead}`
}

/** A countdown that no terminal shows is not run: the relay, if it sees what is waited for, makes it a reminder. */
export function remindsInstead({ countdownMs, trigger }: BackupView): boolean {
  const isSealed = trigger.conditions.some((one) => one.kind === 'message' && (one.words ?? one.pattern) !== null)
  return countdownMs !== null && !isSealed
}

/** What takes back the step that has led here: a pause ends with `resume`, all else with `cancel`. */
function undoOf({ why }: BackupView): string {
  return why.code === 'PAUSED' ? 'resume' : 'cancel'
}

/** Where it stands, without how to undo it. */
export function stateSentence(backup: BackupView, names: Names, now: number): string {
  const to = names(backup.to)
  const id = shortId(backup.id)
  switch (backup.state) {
    case 'armed':
      if (backup.why.code === 'SNOOZED') return backup.why.text
      return countdownWords(backup, now) ?? armedSentence(backup, to, names, now)
    case 'held':
    case 'missed':
    case 'expired':
      return backup.why.text
    case 'due':
      return `due: im backup send ${id} sends it to ${to}, im backup dismiss ${id} ends it`
    case 'sent':
      return backup.sent === null
        ? `sent to ${to}`
        : `sent to ${to} at ${instantWords(Date.parse(backup.sent.at), now)}`
    case 'dismissed':
      return `dismissed; im backup undo ${id} brings it back`
    case 'cancelled':
      return `cancelled; im backup undo ${id} brings it back`
    case 'failed':
      return `failed: ${backup.error?.message ?? backup.why.text}`
    default:
      return backup.state satisfies never
  }
}

/** How long it can still be stopped, and how; null unless its countdown runs. */
export function countdownWords({ id, why }: BackupView, now: number): string | null {
  if (why.code !== 'COUNTDOWN' || why.lookAt === null) return null
  const left = Math.max(0, Math.ceil((Date.parse(why.lookAt) - now) / SECOND_MS)) * SECOND_MS
  return `goes in ${span(left)}; im backup cancel ${shortId(id)} stops it`
}

function armedSentence(backup: BackupView, to: string, names: Names, now: number): string {
  const when = triggerWords(backup, names, now)
  const whom = to === 'me' ? '' : ` to write to ${to}`
  const will = { send: `will be sent to ${to}`, remind: `will remind you${whom}`, run: 'will run its command' }[
    backup.action
  ]
  const slot = backup.trigger.conditions.some(({ kind }) => kind === 'every') ? backup.nextAt : null
  const next = slot === null ? '' : `, next at ${instantWords(Date.parse(slot), now)}`
  const policy = policyWords(backup, now)
  if (when === null) return `kept for ${to} until you send it: im backup send ${shortId(backup.id)}`
  return `${will} ${when}${next}${backup.repeat === null ? '' : ', again and again'}${policy === null ? '' : `; ${policy}`}`
}

/** What gates it and what ends it, or null where nothing does. */
export function policyWords({ window, unless, countdownMs }: BackupView, now: number): string | null {
  const at = (iso: string | null): string | null => (iso === null ? null : instantWords(Date.parse(iso), now))
  const between = window?.between ? `between ${window.between.from} and ${window.between.to} ${window.zone}` : null
  const parts = [
    between,
    window?.days ? `on ${window.days.join(', ')}` : null,
    window?.onlyIfIAm ? `only while you are ${window.onlyIfIAm}` : null,
    window?.elseAt ? `at ${at(window.elseAt)} in any case` : null,
    window?.expiresAt ? `not after ${at(window.expiresAt)}` : null,
    unless.reply === null ? null : `unless they write first (${unless.reply})`,
    countdownMs === null ? null : `after a countdown of ${span(countdownMs)}`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join(', ')
}

/** All conditions as one clause, or null for a manual backup. */
export function triggerWords({ trigger }: BackupView, names: Names, now: number): string | null {
  if (trigger.conditions.length === 0) return null
  const clauses = trigger.conditions.map((condition) => conditionWords(condition, names, now))
  return clauses.join(trigger.match === 'all' ? ' and ' : ' or ')
}

const TURNS = {
  online: 'next comes online',
  away: 'next goes away',
  back: 'is next back',
  offline: 'next goes offline',
}

function timesWords(count: number): string {
  return count === 1 ? ', once' : `, ${count} times in all`
}

function conditionWords(condition: ConditionView, names: Names, now: number): string {
  switch (condition.kind) {
    case 'time': {
      const wall = wallWords(condition.local, new Date(now).getFullYear())
      return `on ${wall} ${condition.zone}, ${distance(Date.parse(condition.at), now)}`
    }
    case 'every':
      return `every ${condition.rule} ${condition.zone}${condition.count === null ? '' : timesWords(condition.count)}`
    case 'presence':
      return `when ${names(condition.who)} ${condition.turns === null ? 'is online' : TURNS[condition.turns]}`
    case 'message': {
      const content = condition.words ?? condition.pattern
      return `when ${names(condition.from)} writes${content === null ? '' : ` "${content}"`}`
    }
    case 'my-send':
      return condition.to === null ? 'when you next send' : `when you next send to ${names(condition.to)}`
    case 'read':
      return `when ${names(condition.who)} has read what you wrote`
    default:
      return condition satisfies never
  }
}

const STATE_PAINT: Partial<Record<BackupView['state'], Paint>> = {
  due: 'yellow',
  held: 'yellow',
  sent: 'green',
  failed: 'red',
  missed: 'red',
}

export async function backupColumns(context: Context): Promise<readonly Column<BackupView>[]> {
  const names = await namesOf(context)
  const now = context.io.clock.now()
  const terminal = context.out.reader === 'terminal'
  return [
    { head: 'ID', cell: (row) => (terminal ? shortId(row.id) : (row.id ?? '')) },
    { head: 'TO', cell: (row) => names(row.to) },
    { head: 'STATE', cell: (row) => stateWord(row), paint: (row) => STATE_PAINT[row.state] ?? null },
    { head: 'ACTION', cell: (row) => row.action },
    {
      head: 'WHEN',
      cell: (row) => (terminal ? whenWords(row, names, now) : instantCell(context, row.nextAt)),
    },
    { head: 'TEXT', cell: (row) => row.text ?? '' },
  ]
}

function whenWords(backup: BackupView, names: Names, now: number): string {
  return countdownWords(backup, now) ?? triggerWords(backup, names, now) ?? 'manual'
}

function stateWord(backup: BackupView): string {
  if (backup.pending === 'cancel') return 'cancelling'
  return backup.stored === 'here' ? `${backup.state}, here` : backup.state
}
