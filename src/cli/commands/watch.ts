import { ImError } from '../../protocol/errors.ts'
import type { WatchEvent } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import { eventLine } from '../describe/event.ts'
import { type Names, namesOf } from '../describe/names.ts'
import { someOf } from '../one-of.ts'
import { deadlineAfter } from '../time-limit.ts'

const TYPES = ['message', 'presence', 'backup', 'receipt', 'friend'] as const

/** Ends after --count events, at --timeout (124 if nothing was seen), or when the daemon has gone. */
export async function run(context: Context): Promise<number> {
  const { call, daemon, flags, io, timeoutMs } = context
  const params = {
    ...(flags.types !== undefined && { types: someOf('--type', flags.types, TYPES) }),
    ...(flags.fromWho !== undefined && { from: flags.fromWho }),
    ...(flags.after !== undefined && { after: flags.after }),
  }
  const events = eventQueue()
  const deadline = deadlineAfter(io, timeoutMs)
  const stop = deadline === null ? io.interrupted() : AbortSignal.any([io.interrupted(), deadline.signal])
  stop.addEventListener('abort', () => events.end(stop.reason), { once: true })
  daemon().on('watch.event', events.push)
  daemon().closed.then(() => events.end(new ImError('DAEMON_UNREACHABLE', 'the daemon went away')))

  let seen = 0
  try {
    await call('watch.start', params)
    const take = await taker(context)
    for await (const event of events.all()) {
      await take(event)
      seen += 1
      if (seen === flags.events) return 0
    }
    return 0
  } catch (error) {
    if (error instanceof ImError && error.code === 'TIMEOUT' && seen > 0) return 0
    throw error
  } finally {
    deadline?.cancel()
  }
}

/** What is done with an event: it is printed, or the command after `--` is run. */
async function taker(context: Context): Promise<(event: WatchEvent) => Promise<void>> {
  if (context.command.length > 0) {
    const { runCommand } = await import('../run-command.ts')
    return (event) => runCommand(context, event)
  }
  const names: Names = context.out.reader === 'json' ? (uin) => uin : await namesOf(context)
  return (event) => context.out.said(event, { id: event.cursor, text: () => eventLine(event, names) })
}

interface EventQueue {
  push(event: WatchEvent): void
  end(cause: unknown): void
  /** Events in order; what came before the end is still given, then its cause is thrown. */
  all(): AsyncGenerator<WatchEvent>
}

function eventQueue(): EventQueue {
  const waiting: WatchEvent[] = []
  let ended: { cause: unknown } | null = null
  let wake = (): void => {}
  return {
    push: (event) => {
      waiting.push(event)
      wake()
    },
    end: (cause) => {
      ended ??= { cause }
      wake()
    },
    async *all() {
      for (;;) {
        const event = waiting.shift()
        if (event !== undefined) yield event
        else if (ended !== null) throw ended.cause
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
