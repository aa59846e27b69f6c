/** A terminal whose disk takes its time: what may be said meanwhile, and what a power loss then leaves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryDisk } from '../../src/store/memory-engine.ts'
import { type InProcess, inProcess, type Terminal } from '../support/in-process.ts'

let world: InProcess
let disk: MemoryDisk
let desk: Terminal
let holds: (() => void)[] = []

function hold(): () => void {
  const release = disk.holdSync()
  holds.push(release)
  return release
}

beforeEach(async () => {
  world = await inProcess()
  disk = new MemoryDisk()
  desk = await world.terminal('desk', { disk })
  await desk.register('Ana')
  // Loads the words of time, which no fake clock waits for.
  await desk.call('backup.add', { ...reminder, dryRun: true })
})

afterEach(async () => {
  for (const release of holds) release()
  holds = []
  await world.close()
})

const message = { to: 'me', text: 'hello' }
const reminder = { to: 'me', text: 'tea', when: { in: '2h' }, action: 'remind' as const, dryRun: false }
const everything = { due: false, all: true }

/** What it came to by now; undefined: nothing yet. */
function soFar<T>(promise: Promise<T>): { answer: T | undefined } {
  const seen: { answer: T | undefined } = { answer: undefined }
  promise.then(
    (answer) => {
      seen.answer = answer
    },
    () => {},
  )
  return seen
}

/** Begins a call; the disk takes what the call queues, and then stands still until the returned function is called. */
async function withSlowAnswers<T>(
  begin: () => Promise<T>,
): Promise<{ called: { answer: T | undefined }; go: () => void }> {
  const writeQueued = hold()
  const called = soFar(begin())
  await world.settle()
  expect(called.answer).toBeUndefined()
  const go = hold()
  writeQueued()
  await world.settle()
  return { called, go }
}

describe('a terminal with a slow disk', () => {
  it('says "sent" when the relay has it, and has it once after a power loss at that moment', async () => {
    const { called } = await withSlowAnswers(() => desk.begin('message.send', message))
    expect(called.answer).toMatchObject({ state: 'sent', text: 'hello' })
    await desk.restart()
    await world.pass(5_000)
    const history = await desk.call('message.history', { who: 'me', limit: 10 })
    expect(history.map(({ id, text }) => [id, text])).toEqual([[called.answer?.id, 'hello']])
    expect(await desk.call('daemon.status', {})).toMatchObject({ outbox: 0, connected: true })
  })

  it('says that a backup is on the relay, and the next call sees it so', async () => {
    const { called, go } = await withSlowAnswers(() => desk.begin('backup.add', reminder))
    expect(called.answer).toMatchObject({ stored: 'relay', pending: null })
    const listed = await desk.call('backup.list', everything)
    expect(listed).toMatchObject([{ id: called.answer?.id, stored: 'relay', pending: null }])
    go()
    await desk.restart()
    await world.pass(5_000)
    expect(await desk.call('backup.list', everything)).toMatchObject([{ id: called.answer?.id, stored: 'relay' }])
  })

  it('tells nobody of what only it has, before that is on disk', async () => {
    await desk.offline()
    const write = hold()
    const added = soFar(desk.begin('backup.add', { ...reminder, key: 'tea' }))
    await world.settle()
    const again = soFar(desk.begin('backup.add', { ...reminder, key: 'tea' }))
    const listed = soFar(desk.begin('backup.list', everything))
    await world.settle()
    expect([added, again, listed].map(({ answer }) => answer)).toEqual([undefined, undefined, undefined])
    write()
    await world.settle()
    expect(added.answer).toMatchObject({ stored: 'here', pending: 'add' })
    expect(again.answer).toMatchObject({ id: added.answer?.id })
    expect(listed.answer).toMatchObject([{ id: added.answer?.id }])
  })

  it('refuses nothing for the sake of what only it has, before that is on disk', async () => {
    await desk.offline()
    const write = hold()
    const added = desk.begin('backup.add', { ...reminder, key: 'tea' })
    await world.settle()
    const taken = desk.begin('message.send', { ...message, key: 'tea' }).catch((error: { code: string }) => error.code)
    const refused = soFar(taken)
    await world.settle()
    expect(refused.answer).toBeUndefined()
    write()
    await added
    expect(await taken).toBe('KEY_TAKEN')
  })
})
