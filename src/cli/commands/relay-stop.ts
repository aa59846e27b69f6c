import type { Context } from '../context.ts'
import { stopRelay } from '../relay-admin.ts'

export async function run(context: Context): Promise<number> {
  const status = await stopRelay(context)
  await context.out.said({ ...status, running: false }, { id: String(status.pid), text: () => 'the relay has stopped' })
  return 0
}
