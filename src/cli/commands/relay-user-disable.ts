import type { Context } from '../context.ts'
import { callRelay, uinOf } from '../relay-admin.ts'

export async function run(context: Context): Promise<number> {
  const uin = uinOf(context)
  const view = await callRelay(context, 'user.disable', { uin })
  await context.out.said(view, {
    id: view.uin,
    text: () => `${view.uin} is cut off and cannot log in; im relay user enable ${view.uin} takes it back`,
  })
  return 0
}
