import { stopRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'

export async function run(context: Context): Promise<number> {
  const status = await stopRelay(context)
  await context.out.said({ ...status, running: false }, { id: String(status.pid), text: () => 'the relay has stopped' })
  return 0
}
