import { friendName, type Names } from '../describe/names.ts'
import type { Chat } from './model.ts'

export function namesIn({ me, people, who }: Chat): Names {
  const known = new Map((people?.people ?? []).map(({ friend }) => [friend.uin, friendName(friend)]))
  return (uin) => (uin === me ? 'me' : (known.get(uin) ?? (uin === who?.uin ? who.name : uin)))
}
