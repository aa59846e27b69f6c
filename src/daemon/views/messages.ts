import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { MessageView } from '../../protocol/views.ts'
import type { CallOptions } from '../../rpc/peer.ts'
import { type Core, knownOf, type LocalSession, requireAccount, viewContext } from '../core.ts'
import { toImError } from '../errors.ts'
import { trustedKeys } from '../mirror/friend-keys.ts'
import { putMessage } from '../mirror/mirror.ts'
import { openRow } from '../mirror/opening.ts'
import { keys, type MessageRow, type Opening, type OutboxItem, within } from '../mirror/rows.ts'
import type { Tx } from '../mirror/tx.ts'
import { messageView, queuedMessageView } from './views.ts'

/** A message of mine that waits for the relay, or was refused by it. */
function queuedMessage(core: Core, id: string): OutboxItem | null {
  for (const item of core.ledger.state.outbox.about(null)) {
    if (item.call.method === 'message.send' && item.call.params.id === id) return item
  }
  return null
}

export async function messageById(core: Core, id: string): Promise<MessageRow | null> {
  const row = await core.ledger.read(async (reader) => {
    const at = (await reader.get(keys.messageId(id))) as string | undefined
    return at === undefined ? undefined : ((await reader.get(at)) as MessageRow | undefined)
  })
  return row === undefined ? null : opened(core, row)
}

/** A message by its place; null: it is not here. */
export async function messageAt(core: Core, friend: Uin, n: number): Promise<MessageRow | null> {
  const row = (await core.ledger.read((reader) => reader.get(keys.message(friend, n)))) as MessageRow | undefined
  return row === undefined ? null : opened(core, row)
}

async function opened(core: Core, row: MessageRow): Promise<MessageRow> {
  return (await openRows(core, [row]))[0] ?? row
}

async function opening(core: Core, { message }: MessageRow): Promise<Opening | null> {
  const friend = core.ledger.state.friends.get(message.friend)
  const trusted = friend === undefined ? null : trustedKeys(knownOf(core), friend)
  return core.texts.open(message, trusted, friend?.keys ?? null)
}

/** What came with a resync is opened when it is first looked at, and what waited for a key when that is known. */
async function openRows(core: Core, rows: readonly MessageRow[]): Promise<MessageRow[]> {
  const { ledger, texts } = core
  if (rows.every(({ opening }) => opening !== null && !('refused' in opening && opening.refused === 'KEY_CHANGED'))) {
    return [...rows]
  }
  const opened = async (tx: Tx) => {
    const standing = async (row: MessageRow) =>
      (await tx.get<MessageRow>(keys.message(row.message.friend, row.message.n))) ?? row
    for (const row of rows) await openRow(tx, await standing(row), texts)
    // Opening one may show that another is a copy of it.
    return Promise.all(rows.map(standing))
  }
  try {
    return (await ledger.take(opened)).result
  } catch (error) {
    // A full disk takes nothing, and is read all the same.
    if (toImError(error).code !== 'DISK_FULL') throw error
    return Promise.all(rows.map(async (row) => ({ ...row, opening: row.opening ?? (await opening(core, row)) })))
  }
}

/** The message of that id, or whose id begins so. Throws AMBIGUOUS. */
export async function findMessage(core: Core, typed: string): Promise<string | null> {
  const queued = core.ledger.state.outbox
    .about(null)
    .flatMap(({ call }) => (call.method === 'message.send' ? [call.params.id] : []))
  const { gte, lt } = { gte: keys.messageId(typed), lt: `${keys.messageId(typed)}\uffff` }
  const rows = typed.length < 4 ? [] : await core.ledger.read((reader) => reader.range({ gte, lt, limit: 2 }))
  const ids = new Set([
    ...rows.map(([key]) => key.slice('messageid/'.length)),
    ...queued.filter((id) => id.startsWith(typed)),
  ])
  if (ids.has(typed)) return typed
  if (ids.size > 1)
    throw new ImError('AMBIGUOUS', `${typed} could be several messages.`, { hint: 'give more of the id' })
  return [...ids][0] ?? null
}

/** The message as it stands now; null: there is none. */
export async function shownMessage(core: Core, session: LocalSession, id: string): Promise<MessageView | null> {
  const context = () => viewContext(core, session)
  // First, since it leaves the outbox for the rows in one change: looked for afterwards it could be in neither.
  const item = queuedMessage(core, id)
  const row = await messageById(core, id)
  if (row !== null) return messageView(row, context())
  return item === null ? null : queuedMessageView(item, context())
}

/** Messages of a conversation below number `before`, newest first, opened. */
export async function messagesBelow(
  core: Core,
  friend: Uin,
  before: number | null,
  limit: number,
): Promise<MessageRow[]> {
  return openRows(core, await rowsBelow(core, friend, before, limit))
}

/** The same as they lie there. */
export async function rowsBelow(core: Core, friend: Uin, before: number | null, limit: number): Promise<MessageRow[]> {
  const { gte, lt } = within(`message/${friend}`)
  const below = before === null ? lt : keys.message(friend, before)
  const rows = await core.ledger.read((reader) => reader.range({ gte, lt: below, reverse: true, limit }))
  return rows.map(([, row]) => row as MessageRow)
}

/** The newest message of a conversation up to `n` that I wrote. */
export async function myMessageUpTo(core: Core, friend: Uin, n: number): Promise<MessageRow | null> {
  const me = requireAccount(core).uin
  for (let before = n + 1; before > 1; ) {
    const page = await messagesBelow(core, friend, before, 50)
    const mine = page.find(({ message }) => message.from === me)
    if (mine !== undefined) return mine
    const oldest = page.at(-1)
    if (oldest === undefined) return null
    before = oldest.message.n
  }
  return null
}

/** Older messages the relay has and this device never got; false when there are none. Throws when it does not answer. */
export async function fetchOlder(core: Core, friend: Uin, before: number, options?: CallOptions): Promise<boolean> {
  const { peer } = core.link
  if (peer === null || before <= 1) return false
  const { messages } = await peer.call('log.history', { friend, before, limit: 200 }, options)
  if (messages.length === 0) return false
  await core.ledger.change(async (tx) => {
    for (const message of messages) await putMessage(tx, message, null, null)
  })
  return true
}
