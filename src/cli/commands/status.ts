import { myAccount } from '../client/my-account.ts'
import type { Context } from '../context.ts'
import { oneOf } from '../input/one-of.ts'

/** Without a word and without -m it only shows. */
export async function run(context: Context): Promise<number> {
  const {
    call,
    out,
    flags,
    words: [word],
  } = context
  const text = flags.statusText
  const status = word === undefined ? undefined : oneOf('STATUS', word, ['online', 'away', 'busy', 'invisible'])
  const account =
    status === undefined && text === undefined
      ? await myAccount(context)
      : await call('status.set', { ...(status && { status }), ...(text !== undefined && { text }) })
  await out.said(account, {
    id: account.uin,
    text: () => `you are ${account.status}${account.statusText === null ? '' : `: ${account.statusText}`}`,
  })
  return 0
}
