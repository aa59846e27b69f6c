import { ImError } from '../../protocol/errors.ts'
import type { DashboardView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import { shortId, triggerWords } from '../describe/backup.ts'
import { friendName, type Names, namesOf } from '../describe/names.ts'

/** `im` alone. With nobody logged in it says how to begin. */
export async function run(context: Context): Promise<number> {
  const { call, io, out } = context
  const view = await call('dashboard', {}).catch((error: unknown) => {
    if (!(error instanceof ImError && error.code === 'NOT_LOGGED_IN') || out.reader === 'json') throw error
    return null
  })
  if (view === null || view.me.uin === null) {
    out.lines(
      'nobody is logged in here\n\n  im register    make an account\n  im login UIN   use one you have\n  im demo        see it work\n  im help        learn more',
    )
    return 0
  }
  await out.said(view, {
    id: view.me.uin,
    text: async () => dashboardText(view, await namesOf(context), io.clock.now()),
  })
  return 0
}

function dashboardText(view: DashboardView, names: Names, now: number): string {
  const { me, due, requests, online, unread, next } = view
  const link = me.connected ? 'connected' : `no link to ${me.relay}${view.stale ? '; as last heard' : ''}`
  return [
    ...due.map((backup) => `due      ${shortId(backup.id)} to ${names(backup.to)}: ${oneLine(backup.text)}`),
    ...requests.map((friend) => `request  ${friendName(friend)} (${friend.uin}): im friend accept ${friend.uin}`),
    `me       ${me.nick ?? me.uin} (${me.uin}) ${me.status ?? ''}, ${link}`,
    `online   ${online.length === 0 ? 'nobody' : online.map((friend) => `${friendName(friend)}${friend.presence === 'online' ? '' : ` (${friend.presence})`}`).join(', ')}`,
    `unread   ${unread === 0 ? 'nothing' : `${unread}: im inbox --unread`}`,
    ...next.map((backup) => {
      const when = triggerWords(backup, names, now) ?? 'when you say so'
      return `next     ${shortId(backup.id)} to ${names(backup.to)} ${when}: ${oneLine(backup.text)}`
    }),
  ].join('\n')
}

function oneLine(text: string | null): string {
  return (text ?? '').replaceAll('\n', ' ⏎ ')
}
