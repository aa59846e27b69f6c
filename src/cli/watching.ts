import { ImError } from '../protocol/errors.ts'
import type { LocalParams } from '../protocol/local-api.ts'
import type { WatchEvent } from '../protocol/views.ts'
import { type Connection, openDaemon } from './client.ts'
import type { Context } from './context.ts'
import { dial } from './dial.ts'
import { pause } from './time-limit.ts'

/** How long until a daemon that has gone is looked for again; twice as long each time, up to the longest. */
const FIRST_LOOK_MS = 100
const LONGEST_LOOK_MS = 2_000

/**
 * What the daemon tells, until the signal, whose reason is thrown. When the daemon goes, the next one is waited for and
 * asked for what came since the last event: none is missed and none comes twice, but for presence, which no log keeps.
 * None is started: whoever stopped it may have meant it.
 */
export async function* watchEvents(
  context: Context,
  params: LocalParams<'watch.start'>,
  stop: AbortSignal,
): AsyncGenerator<WatchEvent> {
  let cursor = params.after ?? null
  let isFirst = true
  for (;;) {
    const connection = isFirst ? context.daemon() : openDaemon(reopening(context))
    const events = eventQueue(connection, stop)
    try {
      const after = cursor === null ? {} : { after: cursor }
      const started = await connection.call('watch.start', { ...params, ...after })
      cursor ??= started.cursor
      if (!isFirst) context.out.talk('im: the daemon is back')
      isFirst = false
      for await (const event of events.all()) {
        yield event
        cursor = event.cursor ?? cursor
      }
    } catch (error) {
      const isGone = error instanceof ImError && error.code === 'DAEMON_UNREACHABLE'
      if (isFirst || !isGone) throw error
    } finally {
      events.close()
      if (!isFirst) connection.close()
    }
    context.out.talk('im: the daemon went away; waiting for it')
    await isThere(context, stop)
  }
}

function reopening({ io, paths }: Context) {
  return { io, paths, timeoutMs: null, onlyRunning: true }
}

/** Resolves when somebody listens. */
async function isThere({ io, paths }: Context, stop: AbortSignal): Promise<void> {
  for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS)) {
    await pause(io, waitMs, stop)
    const channel = await dial(paths.socket, stop)
    channel?.close()
    if (channel !== null) return
  }
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
