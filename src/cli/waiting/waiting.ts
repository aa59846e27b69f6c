/** Waits that the daemon ends, through restarts of it. */
import { ImError } from '../../protocol/errors.ts'
import type { MessageView } from '../../protocol/views.ts'
import { deadlineAfter } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { finishedMessage } from './finished.ts'
import { lasting, sameFrom } from './lasting.ts'

interface Left {
  /** Null: for ever. */
  waitMs: number | null
  /** The cursor the wait began at, so that what comes while there is no daemon counts. */
  since: string | null
}

/** Until the daemon says how it ended; `timeoutMs` is for all daemons together. */
export async function waiting<T>(
  context: Context,
  wait: (left: Left) => Promise<T>,
  { timeoutMs, goOn }: { timeoutMs: number | null; goOn?: string } = context,
): Promise<T> {
  const { call, flags, io } = context
  const endsAt = timeoutMs === null ? null : io.clock.monotonic() + timeoutMs
  const deadline = deadlineAfter(io, timeoutMs)
  const stop = deadline === null ? io.interrupted() : AbortSignal.any([io.interrupted(), deadline.signal])
  let since = flags.after ?? null
  try {
    return await lasting(
      context,
      { stop, goOn: () => goOn ?? sameFrom(flags.message ? since : null) },
      async (begun) => {
        const { cursor } = await call('daemon.status', {})
        begun()
        since ??= cursor
        return wait({ waitMs: endsAt === null ? null : Math.max(0, Math.ceil(endsAt - io.clock.monotonic())), since })
      },
    )
  } finally {
    deadline?.cancel()
  }
}

/**
 * `send --wait`: shows the message once a device of theirs has it or it was refused, and as it was accepted where the wait
 * ends before that, whatever ended it. @throws ImError NOT_YET, what refused it, or what ended the wait.
 */
export async function shownWhenDelivered(
  context: Context,
  sent: MessageView,
  { timeoutMs, show }: { timeoutMs: number | null; show: (message: MessageView) => Promise<void> },
): Promise<number> {
  const { id, key } = sent
  let message = sent
  try {
    if (sent.state === 'queued' || sent.state === 'sent') {
      const wait = ({ waitMs }: Left) => context.call('wait.item', { id, waitMs })
      const item = await waiting(context, wait, { timeoutMs, goOn: `im wait ${id}` })
      if (!('trigger' in item)) message = { ...item, key }
    }
  } catch (error) {
    if (!(error instanceof ImError && error.code === 'TIMEOUT')) throw error
  } finally {
    await show(message)
  }
  return finishedMessage(message)
}
