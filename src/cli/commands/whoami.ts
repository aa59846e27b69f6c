import { myAccount } from '../client/my-account.ts'
import type { Context } from '../context.ts'
import { accountLines } from '../describe/account.ts'

export async function run(context: Context): Promise<number> {
  const account = await myAccount(context)
  await context.out.said(account, { id: account.uin, text: () => accountLines(account) })
  return 0
}
