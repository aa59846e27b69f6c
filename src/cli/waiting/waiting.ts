/** Waits that the daemon ends, through restarts of it. */
import { ImError } from '../../protocol/errors.ts'
import type { BackupView, MessageView } from '../../protocol/views.ts'
import { endOf, timeLimit } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { lasting, sameFrom } from './lasting.ts'

interface Left {
  /** Null: for ever. */
  waitMs: number | null
  /** The cursor the wait began at, so that what comes while there is no daemon counts. */
  since: string | null
}

interface Ending {
  endsAt: number | null
  /** The command that goes on from here, where that is not the same one. */
  goOn?: string
}

/** Until the daemon says how it ended, or the next one does. */
export async function waiting<T>(
  context: Context,
  wait: (left: Left) => Promise<T>,
  { endsAt, goOn }: Ending = { endsAt: endOf(context) },
): Promise<T> {
  const { call, flags, io } = context
  const leftMs = () => (endsAt === null ? null : Math.max(0, Math.ceil(endsAt - io.clock.monotonic())))
  const { signal: stop, cancel } = timeLimit(io, leftMs())
  let since = flags.after ?? null
  try {
    return await lasting(
      context,
      { stop, goOn: () => goOn ?? sameFrom(flags.message ? since : null) },
      async (begun) => {
        const { cursor } = await call('daemon.status', {})
        begun()
        since ??= cursor
        return wait({ waitMs: leftMs(), since })
      },
    )
  } finally {
    cancel()
  }
}

/**
 * `--wait`: what was accepted, as `wait` then finds it, is shown whatever ends the wait; the time being over is one way.
 * Returns it. @throws ImError what else ended the wait.
 */
export async function shownAtLast<Item>(
  accepted: Item,
  wait: () => Promise<Item>,
  show: (item: Item) => Promise<void>,
): Promise<Item> {
  let item = accepted
  try {
    item = await wait()
  } catch (error) {
    if (!(error instanceof ImError && error.code === 'TIMEOUT')) throw error
  } finally {
    await show(item)
  }
  return item
}

/** The message of that whole id, when a device of theirs has it, it was refused, or the time is over. */
export async function messageAtLast(context: Context, id: string, endsAt: number | null): Promise<MessageView> {
  const wait = ({ waitMs }: Left) => context.call('wait.item', { id, waitMs })
  const item = await waiting(context, wait, { endsAt, goOn: `im wait ${id}` })
  if ('trigger' in item) throw new ImError('NO_SUCH_MESSAGE')
  return item
}

/** The backup, when the relay has what was asked of it, or the time is over. */
export async function backupConfirmed(context: Context, id: string, endsAt: number | null): Promise<BackupView> {
  const wait = ({ waitMs }: Left) => context.call('wait.item', { id, confirmed: true, waitMs })
  const item = await waiting(context, wait, { endsAt, goOn: `im backup show ${id}` })
  if (!('trigger' in item)) throw new ImError('NO_SUCH_BACKUP')
  return item
}
