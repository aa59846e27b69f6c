/** What a device tells a relay that was restored, and what becomes of it where the relay refuses some of that. */
import { describe, expect, it } from 'vitest'
import { LogFollower } from '../../../../src/daemon/link/log-follower.ts'
import type { RelayPeer } from '../../../../src/daemon/link/relay-peer.ts'
import type { Ledger } from '../../../../src/daemon/mirror/ledger.ts'
import { applyEntries } from '../../../../src/daemon/mirror/mirror.ts'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { ImError } from '../../../../src/protocol/errors.ts'
import type { LogEntryBody } from '../../../../src/protocol/records.ts'
import type { RelayParams } from '../../../../src/protocol/relay-api.ts'
import { backup, entry, friend, ME, message, openLedger, openTexts, statePages } from '../samples.ts'

type Report = RelayParams<'log.report'>

const EPOCH = 7
const HEAD = 2
const texts = openTexts()

/** Names of what a report tells of. */
const namesIn = ({ backups, messages }: Report): string[] => [...backups, ...messages].map(({ id }) => id)

/** A relay that lost all but the friendship: it keeps what it is told, or refuses it. */
function restoredRelay(refuses: (names: string[]) => ImError | null, ...more: LogEntryBody[]) {
  const items: LogEntryBody[] = [{ type: 'friend', friend: friend() }, ...more]
  const reports: string[][] = []
  const closed: string[] = []
  const answers: Record<string, (params: never) => unknown> = {
    'log.follow': () => ({ epoch: EPOCH, head: HEAD, resync: true }),
    'device.list': () => ({ devices: [] }),
    'log.history': () => ({ messages: [] }),
    'mark.put': () => ({}),
    'log.report': (report: Report) => {
      reports.push(namesIn(report))
      const error = refuses(namesIn(report))
      if (error !== null) throw error
      for (const one of report.backups) items.push({ type: 'backup', backup: one })
      for (const one of report.messages) items.push({ type: 'message', message: one })
      return {}
    },
  }
  const peer = {
    call: async (method: string, params: never) => answers[method]?.(params),
    statePages: () => statePages(() => ({ items: [...items], next: null, seq: HEAD })),
    hello: {},
    close: (reason = '') => closed.push(reason),
    closed: new Promise(() => {}),
  } as unknown as RelayPeer
  const has = () =>
    items.flatMap((item) => ('backup' in item ? item.backup.id : 'message' in item ? item.message.id : []))
  return { peer, reports, closed, has }
}

/** A device that has followed the log until the relay was restored: three backups, two messages of Bo. */
async function device(): Promise<{ ledger: Ledger; follower: LogFollower }> {
  const { ledger } = await openLedger()
  const bodies: LogEntryBody[] = [
    { type: 'friend', friend: friend() },
    ...['one', 'bad', 'two'].map((id): LogEntryBody => ({ type: 'backup', backup: backup(id) })),
    ...[1, 2].map((n): LogEntryBody => ({ type: 'message', message: message(n) })),
  ]
  const entries = bodies.map((body, at) => entry(at + 1, body))
  await ledger.change((tx) => applyEntries(tx, 0, entries, { me: ME, texts }))
  const follower = new LogFollower({ ledger, host: fakeHost(), texts, applied: () => {}, resynced: () => {} })
  return { ledger, follower }
}

const MESSAGES = [message(1).id, message(2).id]

describe('a report to a relay that was restored', () => {
  it('tells all at once where nothing is refused', async () => {
    const { follower } = await device()
    const relay = restoredRelay(() => null)
    await follower.begin(relay.peer, ME)
    expect(relay.reports).toEqual([['one', 'bad', 'two'], MESSAGES])
    expect(follower.current).toBe(true)
  })

  it.each([
    ['is told of what lies below a message that came again', 1, [message(1).id]],
    ['stops at a message that was never lost', 0, []],
  ])('%s', async (_, laterBy, told) => {
    const { follower } = await device()
    const newest = message(2, { at: message(2).at + laterBy })
    const relay = restoredRelay(() => null, { type: 'message', message: newest })
    await follower.begin(relay.peer, ME)
    expect(relay.reports.flat().filter((id) => MESSAGES.includes(id))).toEqual(told)
  })

  it.each(['USAGE', 'TOO_LONG', 'BAD_SEAL', 'LIMIT'] as const)(
    'of which one is refused (%s): the others are taken, and the device goes on following',
    async (code) => {
      const { ledger, follower } = await device()
      const relay = restoredRelay((names) => (names.includes('bad') ? new ImError(code) : null))
      await follower.begin(relay.peer, ME)
      expect(relay.has()).toEqual(['one', 'two', ...MESSAGES])
      expect(relay.reports).toEqual([['one', 'bad', 'two'], ['one'], ['bad'], ['two'], MESSAGES])
      expect(relay.closed).toEqual([])
      expect(ledger.state.cursor).toMatchObject({ epoch: EPOCH, seq: HEAD })
      const next = entry(HEAD + 1, { type: 'backup', backup: backup('next') })
      follower.entries(relay.peer, { epoch: EPOCH, entries: [next], head: HEAD + 1 })
      await follower.idle()
      expect([...ledger.state.backups.ids()].sort()).toEqual(['next', 'one', 'two'])
      expect(follower.caughtUp).toBe(true)
    },
  )

  it('that is refused whole is told one by one, and is in the way of nothing', async () => {
    const { follower } = await device()
    const relay = restoredRelay(() => new ImError('NOT_SEALED'))
    await follower.begin(relay.peer, ME)
    expect(relay.has()).toEqual([])
    expect(relay.reports).toHaveLength(2 + 3 + 2)
    expect(follower.current).toBe(true)
  })

  it.each(['RATE_LIMITED', 'DISK_FULL', 'INTERNAL'] as const)(
    'that cannot be taken now (%s) is made again over the next session: nothing is given up',
    async (code) => {
      const { ledger, follower } = await device()
      const busy = restoredRelay((names) => (names.includes('two') ? new ImError(code) : null))
      await follower.begin(busy.peer, ME)
      expect(busy.closed).toEqual(['log not followed'])
      expect(follower.current).toBe(false)
      expect([...ledger.state.backups.ids()].sort()).toEqual(['bad', 'one', 'two'])
      follower.lost()
      const relay = restoredRelay(() => null)
      await follower.begin(relay.peer, ME)
      expect(relay.has()).toEqual(['one', 'bad', 'two', ...MESSAGES])
    },
  )
})
