import type { Uin } from '../../domain/uin.ts'
import type { Context } from '../context.ts'
import { callRelay } from '../relay-admin.ts'

export async function run(context: Context): Promise<number> {
  const [uin = ''] = context.words
  const view = await callRelay(context, 'user.enable', { uin: uin as Uin })
  await context.out.said(view, {
    id: view.uin,
    text: () => `${view.uin} may log in again`,
  })
  return 0
}
