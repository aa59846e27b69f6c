import { callRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'
import { DEFAULT_INVITE_MS, lastsMs } from '../input/invite.ts'

export async function run(context: Context): Promise<number> {
  const { flags, out } = context
  const lasts = lastsMs(flags.lasts) ?? DEFAULT_INVITE_MS
  const invite = await callRelay(context, 'invite.create', { uses: flags.uses ?? 1, lastsMs: lasts })
  // Piped, the link is what is wanted: the id is in the list.
  await out.said(invite, { id: invite.id, text: () => invite.link ?? '' })
  return 0
}
