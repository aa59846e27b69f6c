/** A change of presence, until the last of 1,000 friends who are online has been told. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from './figure.ts'
import { cpuSeconds, startServer } from './process.ts'
import { newAccount } from './relay-client.ts'

const FRIENDS = 1_000
const AT_ONCE = 20
const ROUNDS = 11
const STATUSES = ['busy', 'away'] as const

const CONFIG = `
loginsPerMinute = 1000000
[limits]
changesPerSecond = 1000000
changesBurst = 1000000
`

type Account = Awaited<ReturnType<typeof newAccount>>

async function circle(url: string): Promise<{ star: Account; friends: Account[] }> {
  const star = await newAccount(url)
  const friends: Account[] = []
  while (friends.length < FRIENDS) {
    const more = await Promise.all(Array.from({ length: AT_ONCE }, () => newAccount(url)))
    for (const { uin, client } of more) {
      await client.call('friend.request', { uin: star.uin, note: null })
      await star.client.call('friend.answer', { uin, accept: true })
    }
    friends.push(...more)
  }
  return { star, friends }
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** How long until each was told, ms. */
async function change({ star, friends }: Awaited<ReturnType<typeof circle>>, status: (typeof STATUSES)[number]) {
  const told: number[] = []
  const start = performance.now()
  const all = new Promise<void>((resolve) => {
    for (const { client } of friends) {
      client.onEvent = (method, params) => {
        if (method !== 'presence.changed' || (params as { uin?: string }).uin !== star.uin) return
        if (told.push(performance.now() - start) === FRIENDS) resolve()
      }
    }
  })
  await star.client.call('setting.put', { status })
  await all
  return told
}

export async function presence(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'im-bench-'))
  const config = join(dir, 'relay.toml')
  await writeFile(config, CONFIG)
  const where = ['--data', join(dir, 'relay'), '--listen', '127.0.0.1:0', '--config', config]
  const server = await startServer(['bin/im.js', 'relay', 'start', ...where, '--json'])
  try {
    const everybody = await circle(server.ready.url)
    const [last, calls, cpu]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < ROUNDS; round++) {
      const before = cpuSeconds(server.pid)
      last.push(Math.max(...(await change(everybody, STATUSES[round % 2] ?? 'busy'))))
      cpu.push((cpuSeconds(server.pid) - before) * 1000)
      const start = performance.now()
      await Promise.all(everybody.friends.map(({ client }) => client.call('session.active', {})))
      calls.push(performance.now() - start)
    }
    const yardstick = { name: 'a call of each of them', value: median(calls) }
    const cpuFigure = { unit: 'ms', yardstick: null, ratio: null, goal: '' }
    return [
      {
        name: `presence change, last of ${FRIENDS} friends told`,
        unit: 'ms',
        value: median(last),
        yardstick,
        ratio: median(last) / yardstick.value,
        goal: '<= 250 ms',
      },
      { ...cpuFigure, name: 'server CPU a change', value: median(cpu) },
    ]
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
