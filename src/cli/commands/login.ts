import { counted } from '../../domain/counted.ts'
import type { Context } from '../context.ts'
import { accountParams, passwordOf, secretsOf } from '../input/password.ts'
import { uinWord } from '../input/uin-word.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out } = context
  // Before anything is asked.
  const uin = uinWord(context)
  const params = accountParams(context)
  const account = flags.recover
    ? await recover(context, params, uin)
    : await call('account.login', { ...params, uin, password: await passwordOf(context, 'known') })
  const came = `${counted(account.backups, 'backup')} came with you`
  await out.made(account, { id: account.uin, text: () => `logged in as ${account.uin}; ${came}` })
  return 0
}

/** The code in place of the password, which is set anew with it. */
async function recover(context: Context, params: ReturnType<typeof accountParams>, uin: string) {
  const [code, password] = await secretsOf(context, [
    { ask: 'Recovery code', name: 'recovery code' },
    { ask: 'A new password', name: 'new password', fresh: true },
  ])
  return context.call('account.recover', { ...params, uin, code, password })
}
