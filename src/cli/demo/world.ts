/**
 * A relay and some profiles of their own, as real processes in a directory that is gone afterwards. The demo plays in
 * one, and so do the tests.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Timers } from '../../host/host.ts'
import { profilePaths } from '../../host/paths.ts'
import { ImError } from '../../protocol/errors.ts'
import { connectLocal } from '../../rpc/local-socket.ts'
import { lives } from '../client/lives.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  /** What the command reads on stdin. */
  input?: string
  env?: Readonly<Record<string, string>>
}

export interface World extends AsyncDisposable {
  /** IM_HOME of all its profiles. */
  readonly home: string
  readonly relayUrl: string
  /** Runs `im` with a profile's environment and returns when it has ended. */
  im(profile: string, args: readonly string[], options?: RunOptions): Promise<Ran>
  /** The same, started only: for what is watched or killed. */
  start(profile: string, args: readonly string[], options?: RunOptions): ChildProcess
  /** Starts the daemon of a profile and returns when it answers. */
  startDaemon(profile: string): Promise<void>
  /** Starts the relay again, on the same address, after `stopRelay`. */
  startRelay(): Promise<void>
  stopRelay(): Promise<void>
}

export interface WorldOptions {
  /** The node binary and `bin/im.js`. */
  self: readonly [string, string]
  timers: Timers
  env: Readonly<Record<string, string | undefined>>
  /** Kills what runs, so that everything waiting on it ends. */
  signal?: AbortSignal
  /** What its relay.toml sets. */
  timing?: Readonly<Record<string, number>>
  limits?: Readonly<Record<string, number>>
  /** The directory in which its own is made. */
  parent?: string
  /** Verbs start daemons themselves, as they do for people; else only `startDaemon` does. */
  autostart?: boolean
}

const KILL_AFTER_MS = 5_000

/** What would lead its processes to the person's own account, desktop or keychain. */
const NOT_INHERITED =
  /^(IM_|DISPLAY$|WAYLAND_DISPLAY$|DBUS_|XDG_|XAUTHORITY$|TERMINAL$|TMUX|SSH_TTY$|NO_COLOR$|FORCE_COLOR$|NODE_OPTIONS$|VITEST)/

export async function createWorld(options: WorldOptions): Promise<World> {
  const home = await mkdtemp(join(options.parent ?? tmpdir(), 'im-demo-'))
  const children = new Set<ChildProcess>()
  const inherited = Object.entries(options.env).filter(([name]) => !NOT_INHERITED.test(name))
  let relay: { child: ChildProcess; url: string } | null = null
  let relayUrl = 'ws://127.0.0.1:0'

  function launch(args: readonly string[], { input = '', env = {} }: RunOptions): ChildProcess {
    const [node, program] = options.self
    const noAutostart = options.autostart ? {} : { IM_NO_AUTOSTART: '1' }
    const own = { ...Object.fromEntries(inherited), IM_HOME: home, IM_RELAY: relayUrl, ...noAutostart, ...env }
    options.signal?.throwIfAborted()
    const child = spawn(node, [program, ...args], { env: own, stdio: 'pipe' })
    children.add(child)
    child.once('exit', () => children.delete(child))
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    return child
  }

  const start: World['start'] = (profile, args, run = {}) =>
    launch(args, { ...run, env: { IM_PROFILE: profile, ...run.env } })

  async function startDaemon(profile: string): Promise<void> {
    const child = start(profile, ['daemon', 'start', '--foreground'])
    const errors: string[] = []
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => errors.push(chunk))
    child.stdout?.resume()
    const { socket } = profilePaths({ env: { IM_HOME: home }, platform: process.platform, profile })
    while (!(await answers(socket))) {
      if (child.exitCode !== null)
        throw new ImError('DAEMON_UNREACHABLE', `it did not start: ${errors.join('').trim()}`)
      await pause(options.timers, 20)
    }
  }

  const config = join(home, 'relay.toml')
  const { timing = {}, limits = {} } = options
  await writeFile(config, tables({ timing, limits }))

  async function startRelay(): Promise<void> {
    const listen = new URL(relayUrl.replace(/^ws/, 'http')).host
    const data = join(home, 'relay')
    const child = launch(['relay', 'start', '--data', data, '--listen', listen, '--config', config, '--json'], {})
    relay = { child, url: await firstUrl(child) }
    relayUrl = relay.url
  }

  async function stopRelay(): Promise<void> {
    if (relay !== null) await ended(relay.child, options.timers)
    relay = null
  }

  async function dispose(): Promise<void> {
    await Promise.all([...children].map((child) => ended(child, options.timers)))
    const daemons = options.autostart ? await daemonPids(home) : []
    for (const pid of daemons) sendSignal(pid, 'SIGTERM')
    await Promise.all(daemons.map((pid) => pidEnded(pid, options.timers)))
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }

  const onAbort = (): void => {
    for (const child of children) child.kill('SIGTERM')
  }
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await startRelay()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    home,
    get relayUrl() {
      return relayUrl
    },
    im: async (profile, args, run) => {
      const ran = await finished(start(profile, args, run))
      options.signal?.throwIfAborted()
      return ran
    },
    start,
    startDaemon,
    startRelay,
    stopRelay,
    [Symbol.asyncDispose]: dispose,
  }
}

/** As TOML. */
function tables(settings: Readonly<Record<string, Readonly<Record<string, number>>>>): string {
  const lines = Object.entries(settings).flatMap(([table, values]) => [
    `[${table}]`,
    ...Object.entries(values).map(([name, value]) => `${name} = ${value}`),
  ])
  return `${lines.join('\n')}\n`
}

/** All a process wrote, once it has ended; one that a signal ended has code 128 and more, as in a shell. */
export async function finished(child: ChildProcess): Promise<Ran> {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
    })
  }
  const [code]: unknown[] = await once(child, 'close')
  return { code: typeof code === 'number' ? code : 128, ...texts }
}

/** The relay says on its first line where it listens. */
async function firstUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new ImError('INTERNAL')
  const errors: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => errors.push(chunk))
  for await (const line of createInterface({ input: child.stdout })) {
    child.stdout.resume()
    return (JSON.parse(line) as { url: string }).url
  }
  throw new ImError('RELAY_UNREACHABLE', `the relay did not start: ${errors.join('').trim()}`)
}

/** Asks it to end, and makes it after five seconds. */
async function ended(child: ChildProcess, timers: Timers): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const cancel = timers.after(KILL_AFTER_MS, () => child.kill('SIGKILL'))
  child.kill('SIGTERM')
  await once(child, 'exit')
  cancel()
}

/** The daemons that verbs have started: no children of ours, but each has written down its process. */
async function daemonPids(home: string): Promise<number[]> {
  const profiles = await readdir(home)
  const written = await Promise.all(
    profiles.map((profile) => readFile(join(home, profile, 'data', 'daemon.json'), 'utf8').catch(() => '{}')),
  )
  return written.flatMap((text) => {
    const { pid } = JSON.parse(text || '{}') as { pid?: unknown }
    return typeof pid === 'number' && lives(pid) ? [pid] : []
  })
}

async function pidEnded(pid: number, timers: Timers): Promise<void> {
  for (let waitedMs = 0; lives(pid); waitedMs += 20) {
    if (waitedMs > KILL_AFTER_MS) sendSignal(pid, 'SIGKILL')
    await pause(timers, 20)
  }
}

function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.after(ms, resolve))
}

async function answers(socket: string): Promise<boolean> {
  const channel = await connectLocal(socket).catch(() => null)
  channel?.close()
  return channel !== null
}

/** One that has ended meanwhile needs none. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {}
}
