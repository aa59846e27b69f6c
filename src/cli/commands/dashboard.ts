import { ImError } from '../../protocol/errors.ts'
import type { DashboardView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import { shortId, triggerWords } from '../describe/backup.ts'
import { friendName, type Names, namesOf } from '../describe/names.ts'
import { textWidth, wrapped } from '../output/table.ts'

/** Where the text of a line begins. */
const INDENT = 9
/** In a terminal narrower than this the heads stand alone. */
const NARROW = 48

/** Both ways to one, since the first needs nothing of the other. */
const NO_FRIENDS = 'none yet: im friend invite makes a link to send them, im friend add UIN asks'

/** `im` alone. With nobody logged in it says how to begin. */
export async function run(context: Context): Promise<number> {
  const { call, io, out } = context
  // The names beside the rest, not after it: one wait for both.
  const [view, names] = await Promise.all([
    call('dashboard', {}).catch((error: unknown) => {
      if (!(error instanceof ImError && error.code === 'NOT_LOGGED_IN') || out.reader === 'json') throw error
      return null
    }),
    out.reader === 'json' || out.reader === 'ids' ? String : namesOf(context),
  ])
  const me = view?.me.uin ?? null
  if (view === null || me === null) {
    out.lines(
      'nobody is logged in here\n\n  im register    make an account\n  im login UIN   use one you have\n  im demo        see it work\n  im help        learn more',
    )
    return 0
  }
  const width = out.reader === 'terminal' ? io.stdout.columns || 80 : null
  await out.said(view, {
    id: me,
    text: () => laidOut(dashboardLines(view, names, io.clock.now()), width),
  })
  return 0
}

type Line = readonly [head: string, text: string]

function dashboardLines(view: DashboardView, names: Names, now: number): Line[] {
  const { me, due, requests, online, unread, next } = view
  const [refused] = me.warnings ?? []
  const why = refused === undefined ? '' : `: ${refused.message}`
  const link = me.connected ? 'connected' : `not connected${why}${view.stale ? '; the rest is as last heard' : ''}`
  const there = online.map(
    (friend) => `${friendName(friend)}${friend.presence === 'online' ? '' : ` (${friend.presence})`}`,
  )
  return [
    ...due.map((backup): Line => ['due', `${shortId(backup.id)} to ${names(backup.to)}: ${oneLine(backup.text)}`]),
    ...requests.map((friend): Line => {
      return ['request', `${friendName(friend)} (${friend.uin}): im friend accept ${friend.uin}`]
    }),
    ['me', `${me.nick ?? me.uin} (${me.uin}) ${me.status ?? ''}`],
    ['relay', `${me.relay}, ${link}`],
    ['friends', there.join(', ') || (view.friends > 0 ? 'nobody is there' : NO_FRIENDS)],
    ['unread', unread === 0 ? 'nothing' : `${unread}: im inbox --unread`],
    ...next.map((backup): Line => {
      const when = triggerWords(backup, names, now) ?? 'when you say so'
      return ['next', `${shortId(backup.id)} to ${names(backup.to)} ${when}: ${oneLine(backup.text)}`]
    }),
  ]
}

/** A line each; what is too long for the terminal goes on below, and in a narrow one begins there. */
function laidOut(lines: readonly Line[], width: number | null): string {
  return lines
    .flatMap(([head, text]) => {
      const whole = `${head.padEnd(INDENT)}${text}`
      if (width === null || textWidth(whole) <= width) return [whole]
      if (width < NARROW) return [head, ...wrapped(text, width - 2).map((part) => `  ${part}`)]
      return wrapped(text, width - INDENT).map((part, at) => `${(at === 0 ? head : '').padEnd(INDENT)}${part}`)
    })
    .join('\n')
}

function oneLine(text: string | null): string {
  return (text ?? '').replaceAll('\n', ' ⏎ ')
}
