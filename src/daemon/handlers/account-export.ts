import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { ExportRow } from '../../protocol/views.ts'
import { type Core, type Handler, type LocalSession, requireAccount, viewContext } from '../core.ts'
import { shownBackups } from '../mirror/overlay.ts'
import type { MessageRow } from '../mirror/rows.ts'
import { pageOfBackups } from '../views/backup-pages.ts'
import { fetchOlder, messagesBelow } from '../views/messages.ts'
import { accountView, friendView, messageView, queuedMessageView } from '../views/views.ts'

/** Rows of a page: with the longest texts well below what a caller is let lag behind. */
const PAGE = 100

/** What follows what; a page begins behind its token, `<part>/<where>`. */
const PARTS = ['account', 'friend', 'backup', 'message', 'queued'] as const
type Part = (typeof PARTS)[number]

interface Page {
  rows: ExportRow[]
  /** Where this part goes on; null: it has ended. */
  where: string | null
}

function pageOf<T>(items: readonly T[], where: string, view: (item: T) => ExportRow): Page {
  const from = Number(where)
  const to = from + PAGE
  return { rows: items.slice(from, to).map(view), where: to < items.length ? String(to) : null }
}

/** Messages `after + 1` to `after + PAGE` of a conversation; what this device never got comes from the relay. */
async function conversation(core: Core, friend: Uin, after: number, newest: number): Promise<MessageRow[]> {
  const upTo = Math.min(newest, after + PAGE)
  for (;;) {
    const rows = (await messagesBelow(core, friend, upTo + 1, PAGE)).filter(({ message }) => message.n > after)
    const here = new Set(rows.map(({ message }) => message.n))
    let missing = upTo
    while (missing > after && here.has(missing)) missing--
    if (missing === after) return rows.reverse()
    if (core.link.peer === null) {
      throw new ImError('RELAY_UNREACHABLE', 'Older messages lie on the relay alone, and it does not answer.')
    }
    if (!(await fetchOlder(core, friend, missing + 1))) {
      throw new ImError('STORE_DAMAGED', `The relay has no message ${missing} of the conversation with ${friend}.`)
    }
  }
}

/** Every conversation from its first message on. `where`: `<uin>/<the last number told>`. */
async function messages(core: Core, where: string, view: (row: MessageRow) => ExportRow): Promise<Page> {
  const [begun = '', n = '0'] = where.split('/')
  const all = [requireAccount(core).uin, ...core.ledger.state.friends.keys()].sort()
  for (const friend of all.filter((uin) => uin >= begun)) {
    const after = friend === begun ? Number(n) : 0
    const [newest] = await messagesBelow(core, friend, null, 1)
    if (newest === undefined || newest.message.n <= after) continue
    const rows = await conversation(core, friend, after, newest.message.n)
    return { rows: rows.map(view), where: `${friend}/${rows.at(-1)?.message.n ?? after}` }
  }
  return { rows: [], where: null }
}

function backups(core: Core, session: LocalSession, where: string): Page {
  const { rows, next } = pageOfBackups(core, session, shownBackups(core.ledger.state), where === '0' ? null : where)
  return { rows: rows.map((backup) => ({ v: 1, type: 'backup', backup })), where: next }
}

/** A page of all there is of the account, as it is shown elsewhere: texts opened, nothing secret of this device. */
export const accountExport: Handler<'account.export'> = async (core, { after }, session) => {
  requireAccount(core)
  const [named, ...rest] = (after ?? 'account/0').split('/')
  const part = PARTS.find((known) => known === named)
  if (part === undefined) throw new ImError('USAGE', 'That is no place to go on from.')
  const context = viewContext(core, session)
  const { state } = core.ledger

  function page(from: Part, where: string): Page | Promise<Page> {
    switch (from) {
      case 'account':
        return { rows: [{ v: 1, type: 'account', account: accountView(context) }], where: null }
      case 'friend':
        return pageOf([...state.friends.values()], where, (friend) => ({
          v: 1,
          type: 'friend',
          friend: friendView(friend, context),
        }))
      case 'backup':
        return backups(core, session, where)
      case 'message':
        return messages(core, where, (row) => ({ v: 1, type: 'message', message: messageView(row, context) }))
      case 'queued': {
        const queued = [...state.outbox.values()].flatMap((item) => queuedMessageView(item, context) ?? [])
        return pageOf(queued, where, (message) => ({ v: 1, type: 'message', message }))
      }
      default:
        return from satisfies never
    }
  }

  const { rows, where } = await page(part, rest.join('/') || '0')
  const following = PARTS[PARTS.indexOf(part) + 1]
  const next = where !== null ? `${part}/${where}` : following === undefined ? null : `${following}/`
  return { rows, next }
}
