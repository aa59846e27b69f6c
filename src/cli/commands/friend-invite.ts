import type { Context } from '../context.ts'
import { instantCell } from '../describe/time.ts'
import { lastsMs } from '../input/invite.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, flags } = context
  const lasts = lastsMs(flags.lasts)
  const invite = await call('friend.invite', {
    uses: flags.uses ?? 1,
    ...(lasts !== undefined && { lastsMs: lasts }),
  })
  await out.said(invite, { id: invite.link, text: () => invite.link })
  const people = invite.uses === 1 ? 'one person' : `${invite.uses} people`
  out.talk(`good for ${people}, until ${instantCell(context, invite.expiresAt)}`)
  return 0
}
