import type { Context } from '../context.ts'
import { callRelay } from '../relay-admin.ts'

export async function run(context: Context): Promise<number> {
  const status = await callRelay(context, 'stop')
  await context.out.said({ ...status, running: false }, { id: String(status.pid), text: () => 'the relay has stopped' })
  return 0
}
