import { expect, it } from 'vitest'
import { LogFollower, type Progress } from '../../../../src/daemon/link/log-follower.ts'
import type { RelayPeer } from '../../../../src/daemon/link/relay-peer.ts'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { MemoryDisk } from '../../../../src/store/memory-engine.ts'
import { turn } from '../../../support/turn.ts'
import { BO, backup, ME, message, openLedger, openTexts, statePages } from '../samples.ts'

it('a new mirror is looked at while the disk writes it; it is told of, and counts as delivered, once it is there', async () => {
  const disk = new MemoryDisk()
  const { ledger } = await openLedger(disk)
  const heard: string[] = []
  const items = [
    { type: 'backup' as const, backup: backup('one') },
    { type: 'message' as const, message: message(1) },
  ]
  const answers: Record<string, unknown> = {
    'log.follow': { epoch: 1, head: 2, resync: true },
    'device.list': { devices: [] },
    'log.report': { backups: 0, messages: 0 },
  }
  const peer = {
    call: async (method: string) => {
      heard.push(method)
      return answers[method]
    },
    statePages: () => statePages(() => ({ items, next: null, seq: 2 })),
    close: (why: string) => heard.push(why),
  } as unknown as RelayPeer
  const applied = (_told: unknown, progress: Progress) => {
    heard.push(`${progress}: ${[...ledger.state.backups.ids()]}`)
  }
  const resynced = () => void heard.push('resynced')
  const follower = new LogFollower({ ledger, host: fakeHost(), texts: openTexts(), applied, resynced })
  const release = disk.holdSync()
  let began = false
  const beginning = follower.begin(peer, ME).then(() => {
    began = true
  })
  for (let n = 0; n < 10; n++) await turn()
  expect([heard.slice(-1), began]).toEqual([['first-head: one'], false])
  release()
  await beginning
  expect(heard.slice(-3)).toEqual(['first-head: one', 'resynced', 'mark.put'])
  expect(ledger.state.marks.get(BO)?.arrived).toBe(1)
})

it('a session that ends while its new mirror is made is not followed, and leaves nothing current', async () => {
  const { ledger } = await openLedger()
  let release = () => {}
  const made = new Promise<void>((resolve) => {
    release = resolve
  })
  const progress: Progress[] = []
  const peer = {
    call: async (method: string) => (method === 'device.list' ? { devices: [] } : { epoch: 1, head: 2, resync: true }),
    statePages: () => statePages(() => ({ items: [], next: null, seq: 2 })),
    close: () => {},
  } as unknown as RelayPeer
  const take: typeof ledger.take = async (fn) => {
    const taken = await ledger.take(fn)
    await made
    return taken
  }
  const slow = { state: ledger.state, take, read: ledger.read.bind(ledger) } as unknown as typeof ledger
  const follower = new LogFollower({
    ledger: slow,
    host: fakeHost(),
    texts: openTexts(),
    applied: (_told, how) => void progress.push(how),
    resynced: () => {},
  })
  const beginning = follower.begin(peer, ME)
  for (let n = 0; n < 10; n++) await turn()
  follower.lost()
  release()
  await beginning
  expect(ledger.state.cursor).toMatchObject({ epoch: 1, seq: 2 })
  expect([follower.following, follower.current, progress]).toEqual([false, false, []])
})
