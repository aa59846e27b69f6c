import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { seededBytes } from '../../src/host/fake-host.ts'
import { LinkLost } from '../../src/rpc/peer.ts'
import { callDaemon, type LocalCaller } from '../support/local-caller.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

/** `npm run torture` sets more. */
const KILLS = Number(process.env.IM_DAEMON_KILLS ?? 15)
const PATIENCE_MS = 120_000
/** All that was ever acknowledged is to be in the list at the end. */
const LIMITS = { finishedBackups: 100_000, backupsPerFriend: 10_000 }
/** Every so many kills the relay is away, and what is acknowledged is acknowledged here. */
const RELAY_AWAY_EVERY = 5

let callers: LocalCaller[] = []
afterEach(() => {
  for (const caller of callers) caller.close()
  callers = []
})

/** Adds until the daemon dies, two at once; what it acknowledged, by id. */
async function addUntilKilled(caller: LocalCaller, round: number, acked: Map<string, string>, onAck: () => void) {
  const lane = async (name: string) => {
    for (let n = 0; ; n++) {
      const text = `round ${round} lane ${name} number ${n}`
      try {
        const { id } = await caller.call('backup.add', {
          to: 'bo',
          text,
          when: { in: '1s' },
          action: 'send',
          dryRun: false,
        })
        if (id !== null) acked.set(id, text)
      } catch (error) {
        if (error instanceof LinkLost) return
        throw error
      }
      onAck()
    }
  }
  await Promise.all([lane('a'), lane('b')])
}

it(`loses nothing acknowledged and sends nothing twice, over ${KILLS} kills of the daemon`, {
  timeout: 60_000 + KILLS * 10_000,
}, async () => {
  const { home, im, start, register, befriend, stopRelay, startRelay } = await world(LIMITS)
  const ana = await register('ana')
  const bo = await register('bo')
  await befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  expect(await im('ana', ['daemon', 'stop'])).toMatchObject({ code: 0 })
  const random = seededBytes('daemon kills')
  const acked = new Map<string, string>()
  for (let round = 1; round <= KILLS; round++) {
    const away = round % RELAY_AWAY_EVERY === 0
    if (away) await stopRelay()
    const daemon = start('ana', ['daemon', 'start', '--foreground'])
    const died = once(daemon, 'exit')
    const caller = await callDaemon(home, 'ana')
    let left = 1 + ((random(1)[0] ?? 0) % (away ? 4 : 10))
    let resolve = () => {}
    const enough = new Promise<void>((done) => {
      resolve = done
    })
    const adding = addUntilKilled(caller, round, acked, () => {
      if (--left === 0) resolve()
    })
    // A refusal ends the adding, and the test with it.
    await Promise.race([enough, adding])
    daemon.kill('SIGKILL')
    await died
    await adding
    if (away) await startRelay()
  }

  expect(await im('ana', ['daemon', 'start'])).toMatchObject({ code: 0 })
  const owner = await callDaemon(home, 'ana')
  const friend = await callDaemon(home, 'bo')
  callers = [owner, friend]
  await eventually(async () => {
    expect(await owner.call('daemon.status', {})).toMatchObject({ outbox: 0, connected: true })
    const backups = await owner.call('backup.list', { due: false, all: true })
    const states = new Map(backups.map(({ id, state }) => [id, state]))
    // Nothing that was added without an answer is left open either.
    expect([...states.values()].filter((state) => state !== 'sent')).toEqual([])
    expect([...acked.keys()].filter((id) => !states.has(id))).toEqual([])
  }, PATIENCE_MS)
  // Bo's own terminal may still be on its way back to the relay.
  const received = await eventually(async () => {
    const messages = await friend.call('message.history', { who: 'ana', limit: 10_000 })
    const texts = messages.map(({ text }) => text)
    const there = new Set(texts)
    expect([...acked.values()].filter((text) => !there.has(text))).toEqual([])
    return texts
  }, PATIENCE_MS)
  expect(new Set(received).size).toBe(received.length)
  expect(acked.size).toBeGreaterThanOrEqual(KILLS)
})
