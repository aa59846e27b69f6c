import type { LogEntryBody } from '../../protocol/records.ts'
import { JsonText } from '../../rpc/message.ts'
import type { Reader } from '../../store/store.ts'
import { within } from '../accounts/account-state.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import { pageOf } from '../connections/session.ts'
import type { DeviceHandler } from '../context.ts'

/** Messages a fresh device gets of each conversation, beside all that it has not read. */
const RECENT_MESSAGES = 50
/** More than a page mostly takes. */
const GATHERED = 256
/** In the order they are told. */
const SPACES = ['friend', 'mark', 'backup'] as const

interface Item {
  /** Where to go on after this item: the key of its row. */
  token: string
  /** A {@link LogEntryBody}. */
  json: string
}

function item(token: string, type: LogEntryBody['type'], record: string): Item {
  return { token, json: `{"type":"${type}","${type}":${record}}` }
}

/**
 * Rows of current state behind the token, in the order of their keys: it need not be there any more. Of a space without
 * rows the store is not asked: each question is a trip to another thread, and there were five for a short list.
 */
async function stateItems(view: AccountTx, reader: Reader, token: string | null): Promise<Item[]> {
  const items: Item[] = []
  if (token === null) items.push(item('setting/me', 'setting', JSON.stringify(view.setting)))
  const begun = SPACES.findIndex((space) => token?.startsWith(`${space}/`))
  for (const space of SPACES.slice(Math.max(0, begun)).filter((space) => reader.rows.has(space))) {
    const { gte, lt } = within(space)
    const gt = token?.startsWith(gte) ? token : gte
    const rows = await reader.texts({ gt, lt, limit: GATHERED - items.length })
    for (const [key, json] of rows) items.push(item(key, space, json))
    if (items.length >= GATHERED) break
  }
  return items
}

/** Conversations in the order of their UINs, each from its first unread or recent message on. */
async function messageItems(view: AccountTx, token: string | null): Promise<Item[]> {
  const [, startFriend = '', startN] = token?.split('/') ?? []
  const friends = [view.uin, ...view.friends().map((friend) => friend.uin)].filter((uin) => uin >= startFriend).sort()
  const items: Item[] = []
  for (const friend of friends) {
    const count = await view.log.count(friend)
    if (count === 0) continue
    const wantedAfter = Math.max(0, Math.min(view.mark(friend).read, count - RECENT_MESSAGES))
    const after = friend === startFriend ? Number(startN) : wantedAfter
    for (const message of await view.log.messagesFrom(friend, after, GATHERED - items.length)) {
      items.push(item(`message/${friend}/${message.n}`, 'message', JSON.stringify(message)))
    }
    if (items.length >= GATHERED) break
  }
  return items
}

/** One page of what a fresh device needs: settings, friends, marks, backups, then unread and recent messages. */
export const logState: DeviceHandler<'log.state'> = ({ after }, relay, session) =>
  relay.accounts.read(session.uin, async (view, reader) => {
    const inMessages = after?.startsWith('message/') ?? false
    const state = inMessages ? [] : await stateItems(view, reader, after)
    const items = state.length < GATHERED ? [...state, ...(await messageItems(view, inMessages ? after : null))] : state
    const page = pageOf(items)
    const next = page.length < items.length || items.length >= GATHERED ? (page.at(-1)?.token ?? null) : null
    const list = page.map(({ json }) => json).join()
    return new JsonText(`{"items":[${list}],"next":${JSON.stringify(next)},"seq":${view.head}}`)
  })
