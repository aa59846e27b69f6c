import { ImError } from '../../protocol/errors.ts'
import type { LocalParams } from '../../protocol/local-api.ts'
import type { WatchEvent } from '../../protocol/views.ts'
import type { Connection } from '../client/client.ts'
import type { Context } from '../context.ts'
import { lasting, sameFrom } from './lasting.ts'

/**
 * Hands over what the daemon tells, one after another, until `take` has had enough or the signal aborts, whose reason is
 * thrown. The next daemon is asked for what came since the last event: none is missed and none comes twice, but for
 * presence, which no log keeps.
 */
export function watchEvents(
  context: Context,
  params: LocalParams<'watch.start'>,
  stop: AbortSignal,
  take: (event: WatchEvent) => Promise<'more' | 'enough'>,
): Promise<void> {
  let cursor = params.after ?? null
  return lasting(context, { stop, goOn: () => sameFrom(cursor) }, async (begun) => {
    const connection = context.daemon()
    const events = eventQueue(connection, stop)
    try {
      const after = cursor === null ? {} : { after: cursor }
      const started = await connection.call('watch.start', { ...params, ...after })
      cursor ??= started.cursor
      begun()
      for await (const event of events.all()) {
        const wanted = await take(event)
        cursor = event.cursor ?? cursor
        if (wanted === 'enough') return
      }
    } finally {
      events.close()
    }
  })
}

interface EventQueue {
  /** Events in order; what came before the end is still given, then its cause is thrown. */
  all(): AsyncGenerator<WatchEvent>
  close(): void
}

function eventQueue(connection: Connection, stop: AbortSignal): EventQueue {
  const waiting: WatchEvent[] = []
  let ended: { cause: unknown } | null = null
  let wake = (): void => {}
  const end = (cause: unknown): void => {
    ended ??= { cause }
    wake()
  }
  const onStop = (): void => end(stop.reason)
  stop.addEventListener('abort', onStop, { once: true })
  connection.on('watch.event', (event) => {
    waiting.push(event)
    wake()
  })
  connection.closed.then(() => end(new ImError('DAEMON_UNREACHABLE', 'the daemon went away')))
  return {
    async *all() {
      for (;;) {
        const event = waiting.shift()
        if (event !== undefined) yield event
        else if (ended !== null) throw ended.cause
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    close: () => stop.removeEventListener('abort', onStop),
  }
}
