import { counted } from '../../domain/counted.ts'
import type { DaemonRepairView } from '../../protocol/views.ts'
import { stopDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'

/** A daemon that still runs on the damaged store is stopped first; the next verb starts one. */
export async function run(context: Context): Promise<number> {
  const { io, out, paths } = context
  await stopDaemon(context)
  const { repairDaemonStore } = await import('../../daemon/main.ts')
  const done = await repairDaemonStore(paths.data, io.clock.now())
  await out.said(done, { id: null, text: () => textOf(done) })
  return 0
}

function textOf({ data, sound, waiting, aside, lost }: DaemonRepairView): string {
  if (sound) return `${data} is sound`
  return [
    `${data} is mended; the damaged files: ${aside}`,
    ...lost.map((what) => `lost: ${what}`),
    `${counted(waiting, 'change')} kept for the relay; the rest comes back from there`,
    'now: im daemon status',
  ].join('\n')
}
