import type { Context } from '../context.ts'
import { accountParams, passwordOf } from '../password.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, words } = context
  const [uin = ''] = words
  const params = accountParams(context)
  const password = await passwordOf(context, 'known')
  const account = await call('account.login', { ...params, uin, password })
  const came = account.backups === 1 ? '1 backup came with you' : `${account.backups} backups came with you`
  await out.made(account, { id: account.uin, text: () => `logged in as ${account.uin}; ${came}` })
  return 0
}
