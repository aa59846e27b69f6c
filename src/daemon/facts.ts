import type { Facts } from '../domain/engine.ts'
import type { Uin } from '../domain/uin.ts'
import type { BackupRecord } from '../protocol/records.ts'
import type { PresenceBook } from './presence-book.ts'
import type { MarkRow, Seen } from './rows.ts'
import type { Texts } from './texts.ts'

/** What this device knows of the things one backup waits for. */
export function factsFor(
  record: BackupRecord,
  seen: Seen,
  marks: ReadonlyMap<Uin, MarkRow>,
  presence: PresenceBook,
  texts: Texts,
): Facts {
  const { conditions } = record.plan.trigger
  const missing = seen.whole ? null : 'unknown'
  return {
    presence: (who) => presence.fact(who),
    me: () => presence.me(),
    reply: () => seen.reply ?? missing,
    message(index) {
      const sighting = seen.conditions[index] ?? null
      if (sighting !== null) return sighting
      const condition = conditions[index]
      const sealed = condition?.kind === 'message' && condition.sealed
      const readable = !sealed || (texts.backupPrivate(record)?.matching[index]?.words ?? null) !== null
      return readable ? missing : 'unknown'
    },
    mySend(to) {
      const index = conditions.findIndex((condition) => condition.kind === 'my-send' && condition.to === to)
      return seen.conditions[index] ?? missing
    },
    read(who, n) {
      const index = conditions.findIndex((one) => one.kind === 'read' && one.who === who && one.n === n)
      const sighting = seen.conditions[index] ?? null
      if (sighting !== null) return sighting
      const mark = marks.get(who)?.mark
      return mark !== undefined && mark.friendRead >= n ? { at: Math.max(mark.at, record.armedAt), seq: 0 } : null
    },
  }
}
