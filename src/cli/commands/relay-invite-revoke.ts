import { callRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'

export async function run(context: Context): Promise<number> {
  const [id = ''] = context.words
  const invite = await callRelay(context, 'invite.revoke', { id })
  await context.out.said(invite, { id: invite.id, text: () => `invite ${invite.id} is no longer good` })
  return 0
}
