import type { Context } from '../context.ts'
import { callRelay, uinOf } from '../relay-admin.ts'

export async function run(context: Context): Promise<number> {
  const uin = uinOf(context)
  const view = await callRelay(context, 'user.enable', { uin })
  await context.out.said(view, {
    id: view.uin,
    text: () => `${view.uin} may log in again`,
  })
  return 0
}
