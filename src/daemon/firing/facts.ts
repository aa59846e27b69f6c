import type { Facts } from '../../domain/conditions.ts'
import { friendSettings, type ShownBackup, shownSetting } from '../mirror/overlay.ts'
import type { PresenceBook } from '../mirror/presence-book.ts'
import type { State } from '../mirror/state.ts'
import type { Texts } from '../mirror/texts.ts'

/** What this device knows of the things one backup waits for. */
export function factsFor(
  { record, row: { seen } }: ShownBackup,
  state: Readonly<State>,
  presence: PresenceBook,
  texts: Texts,
): Facts {
  const { marks } = state
  const { conditions } = record.plan.trigger
  const missing = seen.whole ? null : 'unknown'
  return {
    presence: (who) => presence.fact(who),
    me: () => presence.me(),
    reply: () => seen.reply ?? missing,
    quiet() {
      const friend = state.friends.get(record.plan.to)
      const hours = [shownSetting(state).quiet, friend === undefined ? null : friendSettings(state, friend).quiet]
      return hours.filter((one) => one !== null)
    },
    message(index) {
      const sighting = seen.conditions[index] ?? null
      if (sighting !== null) return sighting
      const condition = conditions[index]
      const sealed = condition?.kind === 'message' && condition.sealed
      const matching = texts.backupPrivate(record)?.matching[index] ?? null
      const readable = !sealed || (matching !== null && (matching.words ?? matching.pattern) !== null)
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
