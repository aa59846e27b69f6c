import type { Host } from '../../host/host.ts'

/** `ok`: the relay takes changes. */
export type Health = 'ok' | 'draining' | 'disk-full' | 'store-failed'

export interface HealthOptions {
  host: Pick<Host, 'clock' | 'disk'>
  dataDir: string
  /** Below this much free space the store refuses changes. */
  reserveBytes: number
  draining: () => boolean
  /** Resolves when a write has failed. */
  failed: Promise<unknown>
}

/** However often somebody asks, the disk is looked at once in so long. */
const LOOK_EVERY_MS = 1_000

/** How the relay is, in a word that anybody may know. */
export function healthOf({ host, dataDir, reserveBytes, draining, failed }: HealthOptions): () => Promise<Health> {
  let hasFailed = false
  void failed.then(() => {
    hasFailed = true
  })
  let look: { at: number; isFull: Promise<boolean> } | null = null

  function isFull(): Promise<boolean> {
    const at = host.clock.monotonic()
    if (look === null || at - look.at >= LOOK_EVERY_MS) {
      // A disk that cannot be asked is one that takes no changes.
      const isFull = host.disk.freeBytes(dataDir).then(
        (free) => free < reserveBytes,
        () => true,
      )
      look = { at, isFull }
    }
    return look.isFull
  }

  return async () => {
    if (hasFailed) return 'store-failed'
    if (draining()) return 'draining'
    return (await isFull()) ? 'disk-full' : 'ok'
  }
}
