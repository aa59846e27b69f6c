/**
 * What the relay does at hours of the machine's clock. Nothing that is due at an instant hangs on this (node-cron skips
 * what falls into a spring change); a run that was missed while the relay was down is made up for at its start.
 */
import type { Instant } from '../../domain/instant.ts'
import type { Host } from '../../host/host.ts'

export interface Chore {
  name: string
  /** Five cron fields. */
  at: string
  /** When it was last done; null: never. */
  last: Instant | null
  /** What it did, for the log; null: nothing that anybody need read about. */
  run(): Promise<object | null>
}

/** Whether one of its hours has passed since it was last done; by a clock that was ahead, nobody knows when that was. */
export async function isMissed({ at, last }: Pick<Chore, 'at' | 'last'>, now: Instant): Promise<boolean> {
  if (last === null || last > now) return true
  const { Cron } = await import('croner')
  const next = new Cron(at).nextRun(new Date(last))
  return next !== null && next.getTime() <= now
}

/** Does the chores at their times, one run of each at once. Stopped, it begins none; what runs is ended by whoever closes the relay. */
export async function schedule(
  chores: readonly Chore[],
  { clock, log }: Pick<Host, 'clock' | 'log'>,
): Promise<{ stop(): Promise<void> }> {
  const cron = await import('node-cron')
  const say = (message: string | Error) => log.debug('cron', { message: String(message) })
  const logger = { info: say, warn: say, error: say, debug: () => {} }
  const busy = new Set<string>()

  async function once({ name, run }: Chore): Promise<void> {
    if (busy.has(name)) return
    busy.add(name)
    try {
      const done = await run()
      if (done === null) log.debug(`${name}: nothing to do`)
      else log.info(`${name} done`, done)
    } catch (error) {
      log.error(`${name} failed`, { cause: String(error) })
    } finally {
      busy.delete(name)
    }
  }

  const tasks = chores.map((chore) => cron.schedule(chore.at, () => void once(chore), { logger }))
  for (const chore of chores) if (await isMissed(chore, clock.now())) void once(chore)
  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()))
    },
  }
}
