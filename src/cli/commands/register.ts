import type { Context } from '../context.ts'
import { friendName } from '../describe/names.ts'
import { accountParams, passwordOf } from '../input/password.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, flags, words } = context
  const [link] = words
  const params = { ...accountParams(context), ...(link !== undefined && { relay: link }) }
  const password = await passwordOf(context, 'new')
  const account = await call('account.register', {
    ...params,
    password,
    ...(flags.nick !== undefined && { nick: flags.nick }),
    ...(flags.invite !== undefined && { invite: flags.invite }),
  })
  await out.made(account, { id: account.uin, text: () => `you are ${account.uin}; friends add you by this number` })
  if (link !== undefined) {
    for (const friend of await call('friend.list', {})) out.talk(`you and ${friendName(friend)} are friends now`)
  }
  out.talk(`recovery code, shown this once: ${account.recoveryCode}`)
  return 0
}
