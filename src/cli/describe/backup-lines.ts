import type { BackupView } from '../../protocol/views.ts'
import { countdownWords, policyWords, remindsInstead, shortId, triggerWords } from './backup.ts'
import type { Names } from './names.ts'
import { instantWords } from './time.ts'

/** What has to be up for it to go; a manual one waits for its owner alone, one that has gone for nobody. */
function needs(backup: BackupView): string | null {
  const { standIn, trigger, state } = backup
  if (trigger.conditions.length === 0 || (state !== 'armed' && state !== 'held')) return null
  if (standIn) return 'nothing: the relay can do it alone'
  return `one of your terminals${remindsInstead(backup) ? ', to count down; with none up it is due as a reminder' : ''}`
}

/** What has to be done before it is armed anew, where its moment found something in the way. */
const FIRST: Readonly<Record<string, (who: string) => string>> = {
  NOT_FRIENDS: (who) => `im friend add ${who}`,
  BLOCKED_BY_ME: (who) => `im friend unblock ${who}`,
  KEY_CHANGED: (who) => `im friend verify ${who}`,
  LIMIT: () => 'make room (im relay status shows the limits)',
}

/** What its owner can do about one that does not go on by itself. */
const TRY: Partial<Record<BackupView['state'], (id: string) => string>> = {
  due: (id) => `im backup send ${id}, or open, snooze, dismiss`,
  held: (id) => `im backup resume ${id}, or send, edit, cancel`,
  cancelled: (id) => `im backup undo ${id} brings it back, within a day`,
  dismissed: (id) => `im backup undo ${id} brings it back, within a day`,
  missed: (id) => `im backup edit ${id} --in 1h arms it anew`,
  expired: (id) => `im backup edit ${id} --in 1h --clear expires arms it anew`,
  failed: (id) => `im backup edit ${id} --in 1h arms it anew`,
}

function tryWords({ id, to, state, error, why }: BackupView): string | null {
  if (state === 'held' && why.code === 'KEY_CHANGED') return `im friend verify ${to}, and it goes on`
  const then = TRY[state]?.(shortId(id)) ?? null
  if (state === 'held' && why.code === 'NOT_FRIENDS') return `once you are friends again: ${then}`
  const first = state === 'failed' ? FIRST[error?.code ?? '']?.(to) : undefined
  return then === null || first === undefined ? then : `${first}; then ${then}`
}

/** One backup in full, for `backup show`. */
export function backupLines(backup: BackupView, names: Names, now: number): string {
  const at = (iso: string | null): string | null => (iso === null ? null : instantWords(Date.parse(iso), now))
  const rows: [string, string | null][] = [
    ['id', backup.id],
    ['to', `${names(backup.to)}${names(backup.to) === backup.to ? '' : ` (${backup.to})`}`],
    ['state', backup.pending === null ? backup.state : `${backup.state}; ${backup.pending} waits for the relay`],
    ['why', countdownWords(backup, now) ?? backup.why.text],
    ['looks', at(backup.why.lookAt)],
    ['action', backup.action],
    ['when', triggerWords(backup, names, now) ?? `manual: im backup send ${backup.id}`],
    ['next', (backup.next ?? []).map(at).join('\n') || null],
    ['but', policyWords(backup, now)],
    ['needs', needs(backup)],
    ['due', at(backup.dueAt)],
    ['sent', at(backup.sent?.at ?? null)],
    ['error', backup.error === null ? null : `${backup.error.message} [${backup.error.code}]`],
    ['try', tryWords(backup)],
    ['note', backup.note],
    ['key', backup.key],
    ['made', `${at(backup.createdAt)} on ${backup.createdBy}`],
    ['changed', backup.rev > 1 ? `${at(backup.updatedAt)} on ${backup.updatedBy}, revision ${backup.rev}` : null],
    ['was', backup.conflictOf === null ? null : `the text of ${backup.conflictOf} that lost to another edit`],
    ['text', backup.text],
  ]
  return rows
    .flatMap(([head, value]) =>
      value === null ? [] : [`${head.padEnd(9)}${value.replaceAll('\n', `\n${' '.repeat(9)}`)}`],
    )
    .join('\n')
}
