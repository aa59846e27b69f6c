import type { Context } from '../context.ts'
import { friendColumns, presenceWords } from '../describe/friend.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, io, words } = context
  const friends = await call('presence.of', { who: [...words] })
  const [only] = friends
  if (friends.length === 1 && only !== undefined && out.reader === 'terminal') {
    await out.said(only, { id: only.uin, text: () => presenceWords(only, io.clock.now()) })
  } else {
    await out.list(friends, { id: ({ uin }) => uin, columns: () => friendColumns(context), none: '' })
  }
  return 0
}
