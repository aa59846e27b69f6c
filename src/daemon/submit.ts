import type { ImError } from '../protocol/errors.ts'
import { type Core, RELAY_WAIT_MS } from './core.ts'
import type { Tx } from './ledger.ts'
import type { Queue, Settled } from './outbox.ts'

/**
 * Queues changes and waits until the relay has them: 2 s at most, not at all while it is known to be away. What it
 * refuses meanwhile is thrown, the first refusal of several; what it has not answered stays queued.
 */
export async function submit<T>(
  core: Core,
  fn: (tx: Tx, queue: Queue) => Promise<T> | T,
): Promise<{ result: T; settled: readonly (Settled | null)[] }> {
  const { result, queued } = await core.outbox.change(fn, { wait: true })
  core.watch.changed()
  if (queued.length === 0) return { result, settled: [] }
  const { timers } = core.host
  let cancel = () => {}
  const deadline = new Promise<null>((resolve) => {
    cancel = timers.after(RELAY_WAIT_MS, () => resolve(null))
  })
  const away = core.link.ready(RELAY_WAIT_MS).then(
    () => deadline,
    () => null,
  )
  const settled = await Promise.all(
    queued.map(async (one) => {
      const first = await Promise.race([one.settled, away])
      if (first !== null) return first
      // Its end may be on the way already: then it is told, and kept nowhere else.
      return one.leave() ? null : one.settled
    }),
  )
  cancel()
  const refused = settled.find((one): one is { ok: false; error: ImError } => one !== null && !one.ok)
  if (refused !== undefined) throw refused.error
  return { result, settled }
}
