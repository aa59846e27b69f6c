/**
 * An honest client in a process of its own: asks the relay again and again, and prints how many ms each answer took,
 * until it is thrown out.
 */
import type { Uin } from '../../src/domain/uin.ts'
import { nodeClock, nodeTimers } from '../../src/host/node-host.ts'
import { openDevice } from './relay-process.ts'

/** Within what an account may ask. */
const EVERY_MS = 20

const [url = '', uin = '', token = ''] = process.argv.slice(2)
const device = await openDevice(url, uin as Uin, token)
for (;;) {
  const since = nodeClock.monotonic()
  const isServed = await device.call('session.active', {}).then(
    () => true,
    () => false,
  )
  if (!isServed) break
  process.stdout.write(`${nodeClock.monotonic() - since}\n`)
  await new Promise<void>((resolve) => {
    nodeTimers.after(EVERY_MS, resolve)
  })
}
