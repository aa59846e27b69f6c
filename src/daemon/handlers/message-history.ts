import type { Instant } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import { type Core, type Handler, RELAY_WAIT_MS, viewContext, whoOf, zoneOf } from '../core.ts'
import { toImError } from '../errors.ts'
import type { MessageRow } from '../mirror/rows.ts'
import { textOf } from '../mirror/texts.ts'
import { fetchOlder, messagesBelow } from '../views/messages.ts'
import { messageView, queuedMessageView } from '../views/views.ts'

const PAGE = 200

async function sinceOf(words: string | undefined, zone: string, now: Instant): Promise<Instant> {
  if (words === undefined) return 0
  const { parseTime } = await import('../../domain/time-words.ts')
  return parseTime(words, { now, zone, mode: 'since' }).at
}

const comparable = (text: string): string => text.normalize('NFC').toLowerCase()

/** Whether older ones came. A relay that is silent, or goes meanwhile, keeps nobody from what is here. */
async function older(core: Core, friend: Uin, before: number): Promise<boolean> {
  try {
    return await fetchOlder(core, friend, before, { timeoutMs: RELAY_WAIT_MS })
  } catch (error) {
    if (toImError(error).code === 'RELAY_UNREACHABLE') return false
    throw error
  }
}

/** The newest of a conversation, oldest first; older ones come from the relay when it is there. */
export const messageHistory: Handler<'message.history'> = async (core, params, session) => {
  const friend = whoOf(core, session)(params.who)
  const since = await sinceOf(params.since, zoneOf(session), core.link.now())
  const wanted = params.grep === undefined ? null : comparable(params.grep)
  const matches = (text: string | null) => wanted === null || (text !== null && comparable(text).includes(wanted))
  // First: what leaves the outbox meanwhile, since the relay has it now, may come too late for the page read here.
  const waiting = core.ledger.state.outbox.about(null)
  const found: MessageRow[] = []
  const asked = new Set<number>()
  let before: number | null = null
  while (found.length < params.limit) {
    const page: MessageRow[] = await messagesBelow(core, friend, before, PAGE)
    const gap = page.find(
      ({ message }, index) => message.n !== (page[index - 1]?.message.n ?? before ?? message.n + 1) - 1,
    )
    if (gap !== undefined && gap !== page[0] && !asked.has(gap.message.n)) {
      // Once: what the relay has not got either is gone.
      asked.add(gap.message.n)
      if (await older(core, friend, gap.message.n + 1)) continue
    }
    for (const row of page) if (row.message.at >= since && matches(textOf(core.texts.message(row)))) found.push(row)
    const oldest = page.at(-1)
    if (oldest !== undefined) {
      if (oldest.message.at < since) break
      before = oldest.message.n
    }
    if (page.length === PAGE) continue
    if (before === null || !(await older(core, friend, before))) break
  }
  const context = viewContext(core, session)
  const views = found
    .slice(0, params.limit)
    .reverse()
    .map((row) => messageView(row, context))
  const ids = new Set(found.map(({ message }) => message.id))
  const queued = waiting.flatMap((item) => {
    const { call } = item
    if (call.method !== 'message.send' || call.params.to !== friend || ids.has(call.params.id)) return []
    const view = queuedMessageView(item, context)
    return view !== null && item.at >= since && matches(view.text) ? [view] : []
  })
  return [...views, ...queued].slice(-params.limit)
}
