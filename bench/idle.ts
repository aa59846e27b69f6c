/**
 * What a daemon and its relay hold and do while nothing happens. A wake-up is a voluntary context switch: a thread had gone
 * to sleep, and was woken. The main thread's are the program's own doing; Node's pool, V8's workers and its delayed tasks are
 * named beside it. A minute, so that what is done once in a while has its turn.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Figure } from './figure.ts'
import { playground } from './playground.ts'
import { cpuSeconds, pause, rssBytes } from './process.ts'

const SETTLE_MS = 20_000
const WATCH_MS = 60_000

/** Voluntary context switches so far, by thread; the main thread has the number of the process. */
function switches(pid: number): ReadonlyMap<number, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number)
  return new Map(
    threads.map((thread) => {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
      return [thread, Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? Number.NaN)]
    }),
  )
}

interface Look {
  cpu: number
  threads: ReadonlyMap<number, number>
}

const look = (pid: number): Look => ({ cpu: cpuSeconds(pid), threads: switches(pid) })

function figuresOf(name: string, pid: number, before: Look, goals: { rss: string; wakes: string }): Figure[] {
  const { cpu, threads } = look(pid)
  const minutes = WATCH_MS / 60_000
  const woken = [...threads].map(([thread, count]) => ({ thread, count: count - (before.threads.get(thread) ?? 0) }))
  const sum = (of: (thread: number) => boolean) =>
    woken.filter(({ thread }) => of(thread)).reduce((total, { count }) => total + count, 0) / minutes
  const plain = { yardstick: null, ratio: null, goal: '' }
  return [
    { ...plain, name: `idle ${name}: RSS`, unit: 'MB', value: rssBytes(pid) / 1e6, goal: goals.rss },
    { ...plain, name: `idle ${name}: CPU`, unit: '%', value: ((cpu - before.cpu) / (WATCH_MS / 1000)) * 100 },
    {
      ...{ ...plain, name: `idle ${name}: wake-ups, main thread`, unit: 'a minute', goal: goals.wakes },
      value: sum((thread) => thread === pid),
    },
    {
      ...{ ...plain, name: `idle ${name}: wake-ups, the other ${threads.size - 1} threads`, unit: 'a minute' },
      value: sum((thread) => thread !== pid),
    },
  ]
}

export async function idle(): Promise<Figure[]> {
  const place = await playground()
  try {
    place.im(['daemon', 'restart'])
    place.im(['backup', 'list'])
    const { pid } = JSON.parse(place.im(['daemon', 'status', '--json'])) as { pid: number }
    await pause(SETTLE_MS)
    const before = { daemon: look(pid), relay: look(place.server.pid) }
    await pause(WATCH_MS)
    return [
      ...figuresOf('daemon', pid, before.daemon, { rss: '<= 80 MB', wakes: '<= 4' }),
      ...figuresOf('relay', place.server.pid, before.relay, { rss: '', wakes: '' }),
    ]
  } finally {
    await place.close()
  }
}
