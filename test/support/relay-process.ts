import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Uin } from '../../src/domain/uin.ts'
import { nodeTimers } from '../../src/host/node-host.ts'
import { type ErrorData, ImError, toErrorData } from '../../src/protocol/errors.ts'
import type { LogEntry, PublicKeys } from '../../src/protocol/records.ts'
import {
  MAX_FRAME_BYTES,
  type RelayEvents,
  type RelayMethod,
  type RelayParams,
  type RelayResults,
} from '../../src/protocol/relay-api.ts'
import { createPeer } from '../../src/rpc/json-rpc-peer.ts'
import { connectWebSocket } from '../../src/rpc/websocket-client.ts'
import { makeKeyBundle } from '../../src/sealing/key-bundle.ts'
import { makeAccountKeys } from '../../src/sealing/keys.ts'
import { loadLoginClient } from '../../src/sealing/login-client.ts'

const IM = fileURLToPath(new URL('../../bin/im.js', import.meta.url))

/** A real relay in a process of its own. */
export interface RelayProcess {
  readonly url: string
  readonly pid: number
  readonly pin: string | null
  readonly link: string
  /** Its exit code, once it has ended by itself or by a signal (null). */
  readonly ended: Promise<number | null>
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** All that it printed so far: its log. */
  printed(): string
}

/** `nodeArgs`: what Node itself is told. */
export async function startRelay(
  dataDir: string,
  args: readonly string[] = [],
  nodeArgs: readonly string[] = [],
): Promise<RelayProcess> {
  const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
  const words = [...nodeArgs, IM, 'relay', 'start', '--data', dataDir, ...listen, '--json', ...args]
  const child: ChildProcess = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  }
  const line = await new Promise<string>((resolve, reject) => {
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve)
    void ended.then((code) => reject(new Error(`the relay ended with ${code}: ${printed}`)))
  })
  const { url, pid, pin, link } = JSON.parse(line) as Pick<RelayProcess, 'url' | 'pid' | 'pin' | 'link'>
  return {
    url,
    pid,
    pin,
    link,
    ended,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    printed: () => printed,
  }
}

export interface WireDevice {
  readonly uin: Uin
  readonly token: string
  readonly entries: LogEntry[]
  /** What the relay said before it hung up. */
  readonly closings: ErrorData[]
  /** Resolves when `done` holds for what has come from the log; looked at with every entry. */
  until(done: (entries: readonly LogEntry[]) => boolean): Promise<void>
  call<M extends RelayMethod>(method: M, params: RelayParams<M>): Promise<RelayResults[M]>
  close(): void
}

async function wire(url: string) {
  const channel = await connectWebSocket(`${url}/v1`, {
    connectTimeoutMs: 10_000,
    timers: nodeTimers,
    maxFrameBytes: MAX_FRAME_BYTES,
  })
  let onEntries: (entries: LogEntry[]) => void = () => {}
  const closings: ErrorData[] = []
  const peer = createPeer(channel, {
    handle: (method, params) => {
      if (method === 'log.entries') onEntries((params as RelayEvents['log.entries']).entries)
      if (method === 'session.closing') closings.push((params as RelayEvents['session.closing']).error)
    },
    errorPayload: toErrorData,
    reviveError: (payload) => ImError.fromData(payload as ErrorData),
    timers: nodeTimers,
  })
  return {
    peer,
    closings,
    onEntries: (take: (entries: LogEntry[]) => void) => {
      onEntries = take
    },
  }
}

/** A session that reads the whole log from its beginning, or, where it is not to follow, nothing of it. */
export async function openDevice(
  url: string,
  uin: Uin,
  token: string,
  { follow } = { follow: true },
): Promise<WireDevice> {
  const { peer, closings, onEntries } = await wire(url)
  const entries: LogEntry[] = []
  const watchers = new Set<() => void>()
  onEntries((more) => {
    entries.push(...more)
    for (const look of watchers) look()
  })
  const device: WireDevice = {
    uin,
    token,
    entries,
    closings,
    until: (done) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!done(entries)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        void peer.closed.then(({ code }) => reject(new Error(`the link closed with ${code}`)))
        look()
      }),
    call: async (method, params) => (await peer.call(method, params)) as never,
    close: () => peer.close(),
  }
  const { epoch } = await device.call('session.open', { uin, token, person: true })
  if (follow) await device.call('log.follow', { cursor: { epoch, seq: 0 } })
  return device
}

/** Makes an account whose password costs nothing to stretch. */
export async function newAccount(url: string, nick: string): Promise<{ uin: Uin; token: string; keys: PublicKeys }> {
  const login = await loadLoginClient({ memoryKib: 8, iterations: 1, parallelism: 1 })
  const { peer } = await wire(url)
  const password = login.startRegistration('a password')
  const recovery = login.startRegistration('a recovery code')
  const offer = (await peer.call('register.start', {
    password: password.request,
    recovery: recovery.request,
    invite: null,
  })) as RelayResults['register.start']
  const { uin } = offer
  const first = login.finishRegistration({ uin, kind: 'password' }, password, offer.password)
  const second = login.finishRegistration({ uin, kind: 'recovery' }, recovery, offer.recovery)
  const exportKeys = { password: first.exportKey, recovery: second.exportKey }
  const keys = makeAccountKeys(randomBytes)
  const made = (await peer.call('register.finish', {
    uin,
    passwordRecord: first.record,
    recoveryRecord: second.record,
    bundle: makeKeyBundle(uin, keys, exportKeys, randomBytes),
    nick,
    deviceName: nick,
  })) as RelayResults['register.finish']
  peer.close()
  return { uin, token: made.token, keys: keys.publicKeys }
}
