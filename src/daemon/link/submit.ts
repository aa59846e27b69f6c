import type { Warning } from '../../protocol/views.ts'
import { type Core, RELAY_WAIT_MS } from '../core.ts'
import type { QueuedCall } from '../mirror/rows.ts'
import type { Tx } from '../mirror/tx.ts'
import type { Queue, Settled } from './outbox.ts'

type Change<T> = (tx: Tx, queue: Queue) => Promise<T> | T

interface Submitted<T> {
  result: T
  settled: readonly (Settled | null)[]
}

type Refusal = Extract<Settled, { ok: false }>

/**
 * Queues changes and waits until the relay has them: 2 s at most, not at all while it is known to be away. What it
 * refuses meanwhile is thrown, the first refusal of several; what it has not answered stays queued.
 */
export async function submit<T>(core: Core, fn: Change<T>): Promise<Submitted<T>> {
  const submitted = await submitAll(core, fn)
  const refused = submitted.settled.find((one): one is Refusal => one !== null && !one.ok)
  if (refused !== undefined) throw refused.error
  return submitted
}

const KEPT_HERE: Warning = { code: 'KEPT_HERE', message: 'kept here; goes to the relay when it answers' }

/** Queues one change of what has no place of its own to show that it waits: that is said with the answer. */
export async function submitSetting(core: Core, call: QueuedCall): Promise<{ warnings?: Warning[] }> {
  const { settled } = await submit(core, (_tx, queue) => queue(call))
  return settled.includes(null) ? { warnings: [KEPT_HERE] } : {}
}

/** The same, and each change with how it ended; null: the relay has not said yet. */
export async function submitAll<T>(core: Core, fn: Change<T>): Promise<Submitted<T>> {
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
  return { result, settled }
}
