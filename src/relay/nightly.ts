import type { Log } from '../host/host.ts'
import type { Relay } from './relay.ts'

/**
 * Keeps house at its times. A run that is missed is no loss: the next one does the same. Nothing that is due at an
 * instant hangs on this (node-cron skips what falls into a spring change).
 */
export async function scheduleHousekeeping(
  relay: Pick<Relay, 'housekeep'>,
  schedule: string,
  log: Log,
): Promise<{ stop(): Promise<void> }> {
  const cron = await import('node-cron')
  const run = async () => {
    try {
      log.info('housekeeping done', await relay.housekeep())
    } catch (error) {
      log.error('housekeeping failed', { cause: String(error) })
    }
  }
  const say = (message: string | Error) => log.debug('cron', { message: String(message) })
  const logger = { info: say, warn: say, error: say, debug: () => {} }
  const task = cron.schedule(schedule, run, { noOverlap: true, logger })
  return {
    async stop() {
      await task.destroy()
    },
  }
}
