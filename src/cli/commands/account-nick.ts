import type { Context } from '../context.ts'

export async function run({ call, out, words: [nick = ''] }: Context): Promise<number> {
  const account = await call('account.nick', { nick })
  await out.said(account, { id: account.uin, text: () => `you are ${account.nick}` })
  return 0
}
