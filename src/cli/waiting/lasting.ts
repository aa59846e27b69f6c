/** What a person or a script lets run for longer than a daemon lives. */
import { MINUTE_MS } from '../../domain/instant.ts'
import { ImError } from '../../protocol/errors.ts'
import { dial } from '../client/dial.ts'
import { pause, timeLimit } from '../client/time-limit.ts'
import type { Context } from '../context.ts'

/** How long until a daemon that has gone is looked for again; twice as long each time, up to the longest. */
const FIRST_LOOK_MS = 100
const LONGEST_LOOK_MS = 2_000
/** A daemon that is restarted is back in a second; one that stays away for this long was stopped. */
const MOST_AWAY_MS = MINUTE_MS

/**
 * Runs `use`; when the daemon goes under it, waits for the next one and runs it again. None is started: whoever stopped
 * it may have meant it. `use` calls `begun` when the daemon has answered: before that a daemon that cannot be reached is
 * a failure like any other. Rejects with the reason of `stop`, or with DAEMON_UNREACHABLE when none came back.
 * `goOn`: the command that goes on from here.
 */
export async function lasting<T>(
  context: Context,
  { stop, goOn }: { stop: AbortSignal; goOn: () => string },
  use: (begun: () => void) => Promise<T>,
): Promise<T> {
  let runs = 0
  const begun = (): void => {
    if (runs++ > 0) context.out.talk('im: the daemon is back')
  }
  for (;;) {
    try {
      return await use(begun)
    } catch (error) {
      const isGone = error instanceof ImError && error.code === 'DAEMON_UNREACHABLE'
      if (runs === 0 || !isGone) throw error
    }
    context.out.talk('im: the daemon went away; waiting for it')
    await isThere(context, stop, goOn)
    context.reconnect()
  }
}

/** The command once more, from the cursor on where it takes one. */
export function sameFrom(cursor: string | null): string {
  return cursor === null ? 'the same command' : `the same command with --after ${cursor}`
}

/** Resolves when somebody listens. */
async function isThere({ io, paths }: Context, stop: AbortSignal, goOn: () => string): Promise<void> {
  const notBack = (): ImError => {
    return new ImError('DAEMON_UNREACHABLE', 'the daemon went away, and none has come back within a minute', {
      hint: `im daemon start; then ${goOn()}`,
    })
  }
  const { signal, cancel } = timeLimit(io, MOST_AWAY_MS, { error: notBack, stop })
  try {
    for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS)) {
      await pause(io, waitMs, signal)
      const channel = await dial(paths.socket, signal)
      channel?.close()
      if (channel !== null) return
    }
  } finally {
    cancel()
  }
}
