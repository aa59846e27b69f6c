import type { Context } from '../context.ts'
import { secretsOf } from '../input/password.ts'

export async function run(context: Context): Promise<number> {
  const { call, out } = context
  const [password, next] = await secretsOf(context, [
    { ask: 'Password until now', name: 'password until now' },
    { ask: 'New password', name: 'new password', fresh: true },
  ])
  const account = await call('account.password', { password, next })
  await out.said(account, { id: account.uin, text: () => 'the password is changed; every device goes on' })
  return 0
}
