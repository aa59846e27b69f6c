/** The main panel: whom one may talk to, the ones that want something first. */
import type { ChatPersonView } from '../../protocol/views.ts'
import { friendName } from '../describe/names.ts'
import type { Chat } from './model.ts'

export function panelPeople({ people }: Chat, filter: string): ChatPersonView[] {
  const wanted = folded(filter)
  const matches = ({ friend }: ChatPersonView): boolean =>
    [friend.alias, friend.nick, friend.uin].some((name) => name !== null && folded(name).includes(wanted))
  return (people?.people ?? []).filter(matches).sort(byUrgency)
}

/** The one whose name begins so: a UIN. Null where that is none, or several. */
export function begunBy({ people }: Chat, begun: string): string | null {
  const names = (people?.people ?? []).filter(({ friend }) => folded(friendName(friend)).startsWith(folded(begun)))
  return names.length === 1 ? (names[0]?.friend.uin ?? null) : null
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase().trim()
}

function byUrgency(a: ChatPersonView, b: ChatPersonView): number {
  return (
    rank(a) - rank(b) ||
    friendName(a.friend).localeCompare(friendName(b.friend)) ||
    (a.friend.uin < b.friend.uin ? -1 : 1)
  )
}

function rank({ due, unread, friend }: ChatPersonView): number {
  if (due > 0) return 0
  if (unread > 0) return 1
  return { online: 2, busy: 3, away: 3, offline: 4 }[friend.presence ?? 'offline']
}
