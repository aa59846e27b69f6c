/** What a daemon holds while nothing happens. */
import { nodeTimers } from '../src/host/node-host.ts'
import type { Figure } from './main.ts'
import { playground } from './playground.ts'
import { cpuSeconds, rssBytes } from './process.ts'

const SETTLE_MS = 10_000

const sleep = (ms: number) => new Promise<void>((resolve) => nodeTimers.after(ms, resolve))

export async function idle(): Promise<Figure[]> {
  const place = await playground()
  try {
    place.im(['daemon', 'restart'])
    place.im(['backup', 'list'])
    const { pid } = JSON.parse(place.im(['daemon', 'status', '--json'])) as { pid: number }
    await sleep(SETTLE_MS)
    const cpu = cpuSeconds(pid)
    await sleep(SETTLE_MS)
    const used = ((cpuSeconds(pid) - cpu) / (SETTLE_MS / 1000)) * 100
    const plain = { unit: '%', yardstick: null, ratio: null, goal: '' }
    return [
      { ...plain, name: 'idle daemon RSS', unit: 'MB', value: rssBytes(pid) / 1e6, goal: '<= 80 MB' },
      { ...plain, name: 'idle daemon CPU', value: used },
    ]
  } finally {
    await place.close()
  }
}
