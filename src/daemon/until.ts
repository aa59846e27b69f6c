import { ImError } from '../protocol/errors.ts'
import type { Core, LocalSession } from './core.ts'

/**
 * Looks again whenever something has changed, until `look` finds something. After `waitMs` (null: never) it is null;
 * rejects when the caller goes.
 */
export async function until<T>(
  core: Core,
  session: LocalSession,
  waitMs: number | null,
  look: () => Promise<T | null> | T | null,
): Promise<T | null> {
  let changed = false
  let wake = () => {}
  let over = false
  const stop = core.watch.onChange(() => {
    changed = true
    wake()
  })
  const end = () => {
    over = true
    wake()
  }
  const cancel = waitMs === null ? () => {} : core.host.timers.after(waitMs, end)
  session.signal.addEventListener('abort', end, { once: true })
  try {
    for (;;) {
      changed = false
      const found = await look()
      if (found !== null) return found
      if (session.signal.aborted) throw new ImError('INTERRUPTED')
      if (over) return null
      if (!changed) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    stop()
    cancel()
    session.signal.removeEventListener('abort', end)
  }
}
