/**
 * What honest clients notice while others misuse the relay: thousands that connect and say nothing, hundreds that ask and
 * never read, and twice as much work as there is time for. Those in the way are in a process of their own (`crowd.ts`), less
 * important than this one, which does nothing but to measure: what it is told late is the relay's doing, and how late it
 * was itself is a figure too. The suite runs it small, `npm run bench -- overload` whole.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeClock } from '../src/host/node-host.ts'
import type { Crowd, Flood } from './crowd.ts'
import type { Figure } from './figure.ts'
import { pause, quantile, rssBytes, type Server, startServer } from './process.ts'
import { openSeeded, RelayClient, writeToSelf } from './relay-client.ts'
import { type SeededAccount, seedAccounts } from './seed.ts'

export interface OverloadSize {
  /** Who writes as much as they can, and who writes now and then. */
  writers: number
  modest: number
  halfOpen: number
  slowReaders: number
  /** The `connections` of the relay; fewer than the half-open, so that those would keep everybody out. */
  connections: number
  /** How long each stage lasts. */
  stageMs: number
}

const WHOLE: OverloadSize = {
  ...{ writers: 1_000, modest: 50, halfOpen: 5_000, slowReaders: 1_000, connections: 3_000 },
  stageMs: 10_000,
}

/** A relay whose own budgets are out of the way: what is measured is what is left when they do not help. */
const CONFIG = `
loginsPerMinute = 1000000
[timing]
loginDeadlineMs = 60000
[limits]
changesPerSecond = 1000000
changesBurst = 1000000
`

/** Devices that come and go all the time, so many at once; whoever comes back has been away for a while. */
const AT_ONCE = 4
const COMERS = 200
/** Each of the modest writes a message so often. */
const MODEST_EVERY_MS = 500

/** What the honest noticed during a stage, in ms. */
export interface Noticed {
  /** A new connection, and a login by token on it. */
  comingIn: number[]
  /** Until a message was acknowledged, with all the times it was told to come back. */
  acknowledged: number[]
  toldToComeBack: number
  /** The measurer's own lateness, at most. */
  ownMostMs: number
}

export interface OverloadFound {
  quiet: Noticed
  /** Beside the half-open and the slow. */
  beside: Noticed
  /** While others write as fast as they are answered, and at twice that rate. */
  atOnce: Noticed
  atTwice: Noticed
  once: Flood
  twice: Flood
  slowReadersCut: number
  /** Messages that were acknowledged and are not in the log. */
  lost: number
  mostRssBytes: number
}

export async function runOverload(size: OverloadSize): Promise<OverloadFound> {
  const dir = await mkdtemp(join(tmpdir(), 'im-overload-'))
  const config = join(dir, 'relay.toml')
  await writeFile(config, `connections = ${size.connections}\n${CONFIG}`)
  const data = join(dir, 'relay')
  const seeded = await seedAccounts(data, COMERS + size.modest + size.writers + size.slowReaders)
  const where = ['--data', data, '--listen', '127.0.0.1:0', '--metrics', '0', '--config', config]
  const server = await startServer(['bin/im.js', 'relay', 'start', ...where, '--json'])
  const crowd = fork('dist/crowd.js')
  try {
    return await stages(server, asCrowd(crowd), size, seeded)
  } finally {
    crowd.kill()
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** One question at a time. */
function asCrowd(child: ChildProcess): Crowd {
  const ask = (what: keyof Crowd) => (asked?: unknown) =>
    new Promise<never>((resolve, reject) => {
      const gone = () => reject(new Error('the crowd has gone'))
      child.once('exit', gone)
      child.once('message', ({ result, error }: { result: never; error?: string }) => {
        child.off('exit', gone)
        if (error === undefined) resolve(result)
        else reject(new Error(error))
      })
      child.send({ what, ask: asked })
    })
  return {
    sayNothing: ask('sayNothing'),
    leave: ask('leave'),
    neverRead: ask('neverRead'),
    open: ask('open'),
    writeFlatOut: ask('writeFlatOut'),
    writeAtRate: ask('writeAtRate'),
    countLost: ask('countLost'),
  }
}

async function stages(
  server: Server,
  crowd: Crowd,
  size: OverloadSize,
  seeded: readonly SeededAccount[],
): Promise<OverloadFound> {
  const { url, metrics } = server.ready
  const { stageMs, halfOpen } = size
  const left = [...seeded]
  const comers = left.splice(0, COMERS)
  const modest = left.splice(0, size.modest)
  const writers = left.splice(0, size.writers)
  const sessions: RelayClient[] = []
  for (const account of modest) sessions.push(await openSeeded(url, account))
  const noticedWhile = <T>(doing: Promise<T>) => notice(url, comers, modest, sessions, doing)

  const [quiet] = await noticedWhile(pause(stageMs))
  await crowd.neverRead({ url, accounts: left })
  await crowd.sayNothing({ url, count: halfOpen })
  const [beside] = await noticedWhile(pause(stageMs))
  const slowReadersCut = await countCut(metrics ?? '', size.slowReaders)
  let mostRssBytes = rssBytes(server.pid)
  await crowd.leave()

  await crowd.open({ url, accounts: writers })
  // Until V8 has compiled what it runs through.
  await crowd.writeFlatOut({ ms: stageMs / 2 })
  const [atOnce, once] = await noticedWhile(crowd.writeFlatOut({ ms: stageMs }))
  const perSecond = (2 * once.kept) / once.seconds
  const [atTwice, twice] = await noticedWhile(crowd.writeAtRate({ ms: stageMs, perSecond }))
  mostRssBytes = Math.max(mostRssBytes, rssBytes(server.pid))
  const lost = await crowd.countLost({ url })
  for (const client of sessions) client.close()
  return { quiet, beside, atOnce, atTwice, once, twice, slowReadersCut, lost, mostRssBytes }
}

/** What the honest notice until something is over, and its result. */
async function notice<T>(
  url: string,
  comers: readonly SeededAccount[],
  modest: readonly SeededAccount[],
  sessions: readonly RelayClient[],
  doing: Promise<T>,
): Promise<[Noticed, T]> {
  const noticed: Noticed = { comingIn: [], acknowledged: [], toldToComeBack: 0, ownMostMs: 0 }
  let isOver = false
  const coming = Array.from({ length: AT_ONCE }, async (_, lane) => {
    for (let n = lane; !isOver; n += AT_ONCE) {
      noticed.comingIn.push(await comeIn(url, comers[n % comers.length] as SeededAccount))
      await pause(20)
    }
  })
  const writing = modest.map(async ({ uin }, n) => {
    await pause((MODEST_EVERY_MS / modest.length) * n)
    while (!isOver) {
      const begun = nodeClock.monotonic()
      noticed.toldToComeBack += await writePatiently(sessions[n] as RelayClient, uin)
      const tookMs = nodeClock.monotonic() - begun
      noticed.acknowledged.push(tookMs)
      await pause(Math.max(0, MODEST_EVERY_MS - tookMs))
    }
  })
  const late = (async () => {
    while (!isOver) {
      const begun = nodeClock.monotonic()
      await pause(10)
      noticed.ownMostMs = Math.max(noticed.ownMostMs, nodeClock.monotonic() - begun - 10)
    }
  })()
  const result = await doing
  isOver = true
  await Promise.all([...coming, ...writing, late])
  return [noticed, result]
}

/** A device comes back with its token on a new connection; how long that took. Who is cut off comes again. */
async function comeIn(url: string, { uin, token }: SeededAccount): Promise<number> {
  const begun = nodeClock.monotonic()
  for (;;) {
    try {
      const client = await RelayClient.connect(`${url}/v1`)
      await client.call('hello', { protocols: [1], client: 'bench' })
      await client.call('session.open', { uin, token, person: false })
      client.close()
      return nodeClock.monotonic() - begun
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error
      await pause(100)
    }
  }
}

/** Comes back as often as it is told to; how often that was. */
async function writePatiently(client: RelayClient, uin: SeededAccount['uin']): Promise<number> {
  for (let told = 0; ; told++) {
    try {
      await writeToSelf(client, uin, 'hello')
      return told
    } catch (error) {
      if (!String(error).includes('RATE_LIMITED')) throw error
      await pause(1_000)
    }
  }
}

/** As the relay counts them: a client that never reads does not notice. Waits for all, or some time. */
async function countCut(metrics: string, all: number): Promise<number> {
  for (const until = nodeClock.monotonic() + 20_000; ; await pause(250)) {
    const text = await (await fetch(metrics)).text()
    const count = Number(/^im_relay_connections_closed_total\{code="1013"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    if (count >= all || nodeClock.monotonic() > until) return count
  }
}

export async function overload(): Promise<Figure[]> {
  const found = await runOverload(WHOLE)
  const { halfOpen, slowReaders, writers } = WHOLE
  const figure = (
    name: string,
    unit: string,
    value: number,
    yardstick: Figure['yardstick'] = null,
    goal = '',
  ): Figure => ({
    ...{ name, unit, value, yardstick, goal },
    ratio: yardstick === null ? null : value / yardstick.value,
  })
  const noticed = (where: string, of: Noticed, than: Noticed): Figure[] => {
    const alone = { name: 'alone', value: quantile(than.acknowledged, 0.99) }
    return [
      figure(`acknowledgement p50 ${where}`, 'ms', quantile(of.acknowledged, 0.5)),
      figure(`acknowledgement p99 ${where}`, 'ms', quantile(of.acknowledged, 0.99), alone),
      figure(`coming in p50 ${where}`, 'ms', quantile(of.comingIn, 0.5)),
      figure(`coming in p99 ${where}`, 'ms', quantile(of.comingIn, 0.99), {
        name: 'alone',
        value: quantile(than.comingIn, 0.99),
      }),
      figure(`told to come back ${where}`, '', of.toldToComeBack),
      figure(`the measurer's own lateness at most, ${where}`, 'ms', of.ownMostMs),
    ]
  }
  const { quiet, beside, atOnce, atTwice, once, twice } = found
  const flood = (where: string, of: Flood): Figure[] => [
    figure(`kept, ${writers} writing ${where}`, '/s', of.kept / of.seconds, {
      name: 'offered',
      value: of.offeredPerSecond,
    }),
    figure(`kept after, p99, ${where}`, 'ms', of.keptP99Ms),
    figure(`told to come back, ${where}`, '/s', of.refused / of.seconds),
  ]
  return [
    ...noticed('alone', quiet, quiet),
    ...noticed(`beside ${halfOpen} half-open and ${slowReaders} that never read`, beside, quiet),
    figure('slow readers cut off', '', found.slowReadersCut),
    ...flood('as fast as they are answered', once),
    ...noticed('beside them', atOnce, quiet),
    ...flood('at twice that rate', twice),
    ...noticed('beside those', atTwice, quiet),
    figure('most memory of the relay', 'MB', found.mostRssBytes / 1e6),
    figure('acknowledged and lost', '', found.lost, null, '0'),
  ]
}
