import { ImError } from '../../protocol/errors.ts'
import type { WatchEvent } from '../../protocol/views.ts'
import { timeLimit } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { eventLine } from '../describe/event.ts'
import { type Names, namesOf } from '../describe/names.ts'
import { someOf } from '../input/one-of.ts'
import { watchEvents } from '../waiting/watching.ts'

const TYPES = ['message', 'presence', 'backup', 'receipt', 'friend'] as const

/** Ends after --count events, or at --timeout (124 if nothing was seen); a daemon that restarts is waited for. */
export async function run(context: Context): Promise<number> {
  const { flags, io, timeoutMs } = context
  const params = {
    ...(flags.types !== undefined && { types: someOf('--type', flags.types, TYPES) }),
    ...(flags.fromWho !== undefined && { from: flags.fromWho }),
    ...(flags.after !== undefined && { after: flags.after }),
  }
  const { signal: stop, cancel } = timeLimit(io, timeoutMs)

  let seen = 0
  let take: ((event: WatchEvent) => Promise<void>) | null = null
  try {
    await watchEvents(context, params, stop, async (event) => {
      take ??= await taker(context)
      await take(event)
      seen += 1
      return seen === flags.events ? 'enough' : 'more'
    })
    return 0
  } catch (error) {
    if (error instanceof ImError && error.code === 'TIMEOUT' && seen > 0) return 0
    throw error
  } finally {
    cancel()
  }
}

/** What is done with an event: it is printed, or the command after `--` is run. */
async function taker(context: Context): Promise<(event: WatchEvent) => Promise<void>> {
  const runs = context.command.length > 0
  const names: Names = context.out.reader === 'json' && !runs ? (uin) => uin : await namesOf(context)
  if (runs) {
    const { runCommand } = await import('../waiting/run-command.ts')
    return (event) => runCommand(context, event, names)
  }
  return (event) => context.out.said(event, { id: event.cursor, text: () => eventLine(event, names) })
}
