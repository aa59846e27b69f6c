import type { FriendView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import type { Shown } from '../output/output.ts'
import type { Column, Paint } from '../output/table.ts'
import { friendName } from './names.ts'
import { distance, hoursWords, instantCell } from './time.ts'

/** The answer of a friend verb: `said` with the friend's name in place of WHO. */
export function shownFriend(friend: FriendView, said: (name: string) => string): Shown {
  return { id: friend.uin, text: () => said(friendName(friend)) }
}

export function presenceWords(friend: FriendView, now: number): string {
  const status = friend.presence ?? 'not shared with you'
  const since = friend.since === null ? '' : ` (since ${distance(Date.parse(friend.since), now)})`
  const text = friend.statusText === null ? '' : `: ${friend.statusText}`
  return `${friendName(friend)} is ${status}${text}${since}${friend.stale ? ', as last heard' : ''}`
}

const GROUPS_A_LINE = 4

/** Twelve groups of five digits, as they are read out. */
export function safetyLines(safetyNumber: string): string {
  const groups = safetyNumber.split(' ')
  const lines = Array.from({ length: Math.ceil(groups.length / GROUPS_A_LINE) }, (_, at) =>
    groups.slice(at * GROUPS_A_LINE, (at + 1) * GROUPS_A_LINE).join(' '),
  )
  return lines.map((line) => `  ${line}`).join('\n')
}

function trustWords({ verified, keyChanged }: FriendView): string {
  if (keyChanged) return 'CHANGED: nothing is sent to them until you say yes: im friend verify'
  return verified ? 'verified by you' : 'as first seen; compare the number with them, then: im friend verify'
}

export function friendLines(friend: FriendView, now: number): string {
  const rows: [string, string | null][] = [
    ['uin', friend.uin],
    ['nick', friend.nick],
    ['alias', friend.alias],
    ['state', friend.state],
    ['presence', friend.state === 'friend' ? presenceWords(friend, now) : null],
    ['hidden', friend.hide ? 'to them you are offline; im friend hide WHO off' : null],
    ['quiet', friend.quiet && hoursWords(friend.quiet)],
    ['note', friend.note],
    ['key', friend.safetyNumber === null ? null : trustWords(friend)],
    ['safety number', friend.safetyNumber === null ? null : `\n${safetyLines(friend.safetyNumber)}`],
  ]
  return rows
    .flatMap(([head, value]) => (value === null ? [] : [`${head.padEnd(10)}${value}`]))
    .join('\n')
    .replace(/ +\n/g, '\n')
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
    {
      head: 'KEY',
      cell: (row) => (row.keyChanged ? 'CHANGED' : row.verified ? 'verified' : ''),
      paint: (row) => (row.keyChanged ? 'red' : null),
    },
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
