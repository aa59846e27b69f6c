import type { Uin } from '../../domain/uin.ts'
import type { LogEntryBody } from '../../protocol/records.ts'
import type { AccountTx } from '../account-tx.ts'
import type { DeviceHandler } from '../context.ts'
import { pageOf } from '../session.ts'

/** Messages a fresh device gets of each conversation, beside all that it has not read. */
const RECENT_MESSAGES = 50
/** More than a page ever takes, so that a page is never short because too little was gathered. */
const GATHERED = 512

interface Item {
  /** Where to go on after this item. */
  token: string
  body: LogEntryBody
}

function stateItems(view: AccountTx): Item[] {
  return [
    { token: 'setting', body: { type: 'setting', setting: view.setting } },
    ...view.friends().map((friend): Item => ({ token: `friend/${friend.uin}`, body: { type: 'friend', friend } })),
    ...view.marks().map((mark): Item => ({ token: `mark/${mark.friend}`, body: { type: 'mark', mark } })),
    ...view.backups().map((backup): Item => ({ token: `backup/${backup.id}`, body: { type: 'backup', backup } })),
  ]
}

/** Everything behind the token. One that is not there any more starts over, which is harmless. */
function behind(items: readonly Item[], token: string | null): readonly Item[] {
  return items.slice(items.findIndex((item) => item.token === token) + 1)
}

/** Conversations in a fixed order, each from its first unread or recent message on. */
async function messageItems(view: AccountTx, token: string | null): Promise<Item[]> {
  const [, startFriend, startN] = token?.split('/') ?? []
  const friends = [view.uin, ...view.friends().map((friend) => friend.uin)]
  const start = startFriend === undefined ? 0 : Math.max(0, friends.indexOf(startFriend as Uin))
  const items: Item[] = []
  for (const friend of friends.slice(start)) {
    const recentAfter = (await view.count(friend)) - RECENT_MESSAGES
    const wantedAfter = Math.max(0, Math.min(view.mark(friend).read, recentAfter))
    const after = friend === startFriend ? Number(startN) : wantedAfter
    for (const message of await view.messagesFrom(friend, after, GATHERED - items.length)) {
      items.push({ token: `message/${friend}/${message.n}`, body: { type: 'message', message } })
    }
    if (items.length >= GATHERED) break
  }
  return items
}

/** One page of what a fresh device needs: settings, friends, marks, backups, then unread and recent messages. */
export const logState: DeviceHandler<'log.state'> = ({ after }, relay, session) =>
  relay.accounts.read(session.uin, async (view) => {
    const inMessages = after?.startsWith('message/') ?? false
    const state = inMessages ? [] : behind(stateItems(view), after).slice(0, GATHERED)
    const items = state.length < GATHERED ? [...state, ...(await messageItems(view, inMessages ? after : null))] : state
    const page = pageOf(items)
    const next = page.length < items.length || items.length >= GATHERED ? (page.at(-1)?.token ?? null) : null
    return { items: page.map((item) => item.body), next, seq: view.head }
  })
