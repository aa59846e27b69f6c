import type { FriendView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import type { Shown } from '../output.ts'
import type { Column, Paint } from '../table.ts'
import { friendName } from './names.ts'
import { distance, instantCell } from './time.ts'

/** The answer of a friend verb: `said` with the friend's name in place of WHO. */
export function shownFriend(friend: FriendView, said: (name: string) => string): Shown {
  return { id: friend.uin, text: () => said(friendName(friend)) }
}

export function presenceWords(friend: FriendView, now: number): string {
  const status = friend.presence ?? 'not shared with you'
  const since =
    friend.since === null ? '' : ` (since ${distance(Date.parse(friend.since), now).replace(/^now$/, 'now')})`
  const text = friend.statusText === null ? '' : `: ${friend.statusText}`
  return `${friendName(friend)} is ${status}${text}${since}${friend.stale ? ', as last heard' : ''}`
}

const PAINT: Record<NonNullable<FriendView['presence']>, Paint> = {
  online: 'green',
  away: 'yellow',
  busy: 'yellow',
  offline: 'dim',
}

export function friendColumns(context: Context): readonly Column<FriendView>[] {
  return [
    { head: 'UIN', cell: (row) => row.uin },
    { head: 'NAME', cell: friendName },
    {
      head: 'PRESENCE',
      cell: (row) => `${row.presence ?? '-'}${row.stale ? '?' : ''}`,
      paint: (row) => (row.presence === null ? null : PAINT[row.presence]),
    },
    { head: 'SINCE', cell: (row) => instantCell(context, row.since) },
    { head: 'NOTIFY', cell: (row) => row.notify },
    { head: 'STATUS', cell: (row) => row.statusText ?? '' },
  ]
}

export function requestColumns(): readonly Column<FriendView>[] {
  return [
    { head: 'UIN', cell: (row) => row.uin },
    { head: 'NAME', cell: friendName },
    { head: 'STATE', cell: (row) => row.state },
    { head: 'NOTE', cell: (row) => row.note ?? '' },
  ]
}
