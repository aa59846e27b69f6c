import type { Context } from '../context.ts'

export async function run({ call, out, words: [device = ''] }: Context): Promise<number> {
  const view = await call('account.revoke', { device })
  await out.said(view, { id: view.id, text: () => `${view.name} is cut off` })
  return 0
}
