import type { Context } from '../context.ts'
import { passwordOf } from '../input/password.ts'

export async function run(context: Context): Promise<number> {
  const { call, out } = context
  const account = await call('account.recovery', { password: await passwordOf(context, 'known') })
  await out.said(account, { id: account.uin, text: () => 'the old recovery code no longer works' })
  out.talk(`recovery code, shown this once: ${account.recoveryCode}`)
  return 0
}
