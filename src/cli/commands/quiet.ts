import { myAccount } from '../client/my-account.ts'
import type { Context } from '../context.ts'
import { hoursWords } from '../describe/time.ts'
import { quietChange } from '../input/quiet-change.ts'

/** Without a span it only shows. */
export async function run(context: Context): Promise<number> {
  const change = quietChange(context.flags, context.words[0])
  const account = change === null ? await myAccount(context) : await context.call('quiet.set', change)
  const sentence =
    account.quiet === null
      ? 'no quiet hours'
      : `nothing is sent or shown by itself in ${hoursWords(account.quiet)}; what you set a time for goes on time`
  await context.out.said(account, { id: account.uin, text: () => sentence })
  return 0
}
