import type { Instant } from '../../domain/instant.ts'
import { type Handler, viewContext, whoOf, zoneOf } from '../core.ts'
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

/** The newest of a conversation, oldest first; older ones come from the relay when it is there. */
export const messageHistory: Handler<'message.history'> = async (core, params, session) => {
  const friend = whoOf(core, session)(params.who)
  const since = await sinceOf(params.since, zoneOf(session), core.link.now())
  const wanted = params.grep?.normalize('NFC').toLowerCase() ?? null
  const matches = (row: MessageRow) =>
    wanted === null || (textOf(core.texts.message(row))?.normalize('NFC').toLowerCase().includes(wanted) ?? false)
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
      if (await fetchOlder(core, friend, gap.message.n + 1)) continue
    }
    for (const row of page) if (row.message.at >= since && matches(row)) found.push(row)
    const oldest = page.at(-1)
    if (oldest !== undefined) {
      if (oldest.message.at < since) break
      before = oldest.message.n
    }
    if (page.length === PAGE) continue
    if (before === null || !(await fetchOlder(core, friend, before))) break
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
    return view !== null && item.at >= since && (wanted === null || view.text?.toLowerCase().includes(wanted))
      ? [view]
      : []
  })
  return [...views, ...queued].slice(-params.limit)
}
