import { callRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'
import { uinWord } from '../input/uin-word.ts'

export async function run(context: Context): Promise<number> {
  const uin = uinWord(context, 'im relay user list')
  const view = await callRelay(context, 'user.enable', { uin })
  await context.out.said(view, {
    id: view.uin,
    text: () => `${view.uin} may log in again`,
  })
  return 0
}
