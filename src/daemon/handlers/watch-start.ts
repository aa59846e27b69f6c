import type { WatchEvent } from '../../protocol/views.ts'
import { type Core, type Handler, type LocalSession, requireAccount, whoOf } from '../core.ts'
import { cursorText, parseCursor } from '../mirror/place.ts'
import { keys, type LogRow } from '../mirror/rows.ts'
import { type EventFilter, eventOf, happeningEvent } from '../views/events.ts'

/** Events from now on; with `after`, first those of the log since then. All in order, none twice. */
export const watchStart: Handler<'watch.start'> = async (core, params, session) => {
  requireAccount(core)
  const filter: EventFilter = {
    types: params.types === undefined ? null : new Set(params.types),
    from: params.from === undefined ? null : whoOf(core, session)(params.from),
  }
  const after = params.after === undefined ? null : parseCursor(params.after)
  const { cursor } = core.ledger.state
  let told = cursor?.seq ?? 0
  // One after another, so that events keep their order whatever has to be read for them.
  let last: Promise<void> = Promise.resolve()
  const tell = (make: () => Promise<WatchEvent | null>) => {
    last = last.then(async () => {
      const event = await make()
      if (event !== null && !session.signal.aborted) session.tell('watch.event', event)
    })
    last = last.catch(() => core.host.log.warn('event not told'))
  }
  if (after !== null) tell(() => catchUp(core, session, filter, after, told))
  const stop = core.watch.listen((happening) => {
    if (happening.kind === 'told') {
      if (happening.told.seq <= told) return
      told = happening.told.seq
    }
    tell(() => happeningEvent(core, session, happening, filter))
  })
  session.signal.addEventListener('abort', stop, { once: true })
  return { cursor: cursor === null ? null : cursorText(cursor) }
}

const PAGE = 200

/** What the log told after the cursor, up to where we listen ourselves. A cursor of another epoch: all that is kept. */
async function catchUp(
  core: Core,
  session: LocalSession,
  filter: EventFilter,
  after: { epoch: number; seq: number },
  upTo: number,
): Promise<null> {
  let from = after.epoch === core.ledger.state.cursor?.epoch ? after.seq : 0
  for (;;) {
    const query = { gt: keys.log(from), lte: keys.log(upTo), limit: PAGE }
    const rows = await core.ledger.read((reader) => reader.range(query))
    for (const [key, value] of rows) {
      from = Number(key.slice('log/'.length))
      const event = await eventOf(core, session, { ...(value as LogRow), seq: from }, filter)
      if (event !== null && !session.signal.aborted) session.tell('watch.event', event)
    }
    if (rows.length < PAGE) return null
  }
}
