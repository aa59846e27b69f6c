import type { Context } from '../context.ts'

/** Whether the daemon shows what it last heard: of a list with nothing in it, only that can tell. */
export async function isStale({ call }: Pick<Context, 'call'>): Promise<boolean> {
  return (await call('daemon.status', {})).stale
}
