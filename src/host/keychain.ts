/**
 * The keychain of the operating system, through keytar.
 *
 * Each call runs in a process of its own. keytar blocks a thread of Node's pool until the keychain answers, which while
 * a prompt stands open is never; a process can be killed, a thread cannot, and the store shares that pool. It also
 * takes the session's bus from its environment, and a daemon outlives the session it was started from.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Timers } from './host.ts'
import { HostError } from './host-error.ts'
import { sessionBus } from './session-bus.ts'

export interface KeychainOptions {
  service: string
  /** Of the session whose keychain is meant: the bus is found through it. */
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  timers: Timers
}

/** Every call fails with a HostError: `locked` also when the keychain did not answer in time, else `absent`. */
export interface Keychain {
  get(account: string): Promise<string | null>
  set(account: string, secret: string): Promise<void>
  remove(account: string): Promise<void>
  /** Writes and deletes an entry of its own: resolves if the keychain can be used now. */
  probe(): Promise<void>
}

type Request = { op: 'get' | 'set' | 'remove' | 'probe'; service: string; account: string; secret: string }
type Child = ChildProcessByStdio<Writable, Readable, null>

const ANSWER_WITHIN_MS = 2_000
/** Node and libsecret start within 0.2 s on an idle machine; a busy one must not read as a locked keychain. */
const START_WITHIN_MS = 10_000

/**
 * Plain CommonJS, run with `-e`, so that it needs no file beside a bundle. The request comes on stdin: a secret never
 * stands in an argument or an environment. Finding nothing is followed by a write, because a locked keychain whose
 * prompt nobody can see answers a read with nothing, not with an error.
 */
const CHILD_PROGRAM = `
  const keytar = require(process.argv[1])
  async function answer({ op, service, account, secret }) {
    const probe = async () => {
      await keytar.setPassword(service, 'im-probe', 'probe')
      await keytar.deletePassword(service, 'im-probe')
    }
    if (op === 'set') await keytar.setPassword(service, account, secret)
    if (op === 'probe') await probe()
    if (op === 'remove' && !(await keytar.deletePassword(service, account))) await probe()
    if (op !== 'get') return null
    const found = await keytar.getPassword(service, account)
    if (found === null) await probe()
    return found
  }
  process.stdout.write(' ')
  let request = ''
  process.stdin.on('data', (chunk) => { request += chunk }).on('end', async () => {
    const reply = await answer(JSON.parse(request)).then((value) => ({ value }), (error) => ({ error: error.message }))
    process.stdout.write(JSON.stringify(reply), () => process.exit())
  })
`

export function openKeychain(options: KeychainOptions): Keychain {
  const { service } = options
  const keytar = keytarPath()
  const env = childEnv(options)
  const ask = (request: Request): Promise<string | null> => {
    const child = spawn(process.execPath, ['--input-type=commonjs', '-e', CHILD_PROGRAM, keytar], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    })
    return exchange(child, request, options.timers)
  }
  return {
    get: (account) => ask({ op: 'get', service, account, secret: '' }),
    set: async (account, secret) => void (await ask({ op: 'set', service, account, secret })),
    remove: async (account) => void (await ask({ op: 'remove', service, account, secret: '' })),
    probe: async () => void (await ask({ op: 'probe', service, account: '', secret: '' })),
  }
}

function keytarPath(): string {
  try {
    return createRequire(import.meta.url).resolve('keytar')
  } catch (error) {
    throw new HostError('absent', 'The keychain cannot be used: the optional package keytar is not installed.', error)
  }
}

function childEnv({ env, platform }: KeychainOptions): Record<string, string> {
  const { NODE_OPTIONS: _, ...rest } = env
  const own = Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  if (platform !== 'linux') return own
  const bus = sessionBus(env)
  if (bus === null) throw new HostError('absent', 'This session has no D-Bus, so it has no keychain.')
  return { ...own, DBUS_SESSION_BUS_ADDRESS: bus }
}

/** One request, one reply. The first byte says that keytar is loaded; the time for the answer runs from there. */
async function exchange(child: Child, request: Request, timers: Timers): Promise<string | null> {
  let late = false
  const kill = (): void => {
    late = true
    child.kill('SIGKILL')
  }
  let cancel = timers.after(START_WITHIN_MS, kill)
  child.stdout.once('data', () => {
    cancel()
    cancel = timers.after(ANSWER_WITHIN_MS, kill)
  })
  child.stdin.on('error', () => {}) // it died before it read; the missing reply tells
  child.stdin.end(JSON.stringify(request))
  try {
    const gone = new Promise<never>((_, reject) => child.once('error', reject))
    return readReply(await Promise.race([text(child.stdout), gone]), late)
  } finally {
    cancel()
  }
}

function readReply(output: string, late: boolean): string | null {
  if (late) throw new HostError('locked', 'The keychain does not answer; it may be waiting to be unlocked.')
  if (output.trim() === '') throw new HostError('absent', 'The keychain cannot be used: keytar does not load here.')
  const reply = JSON.parse(output) as { value: string | null } | { error: string }
  if ('value' in reply) return reply.value
  throw /locked|dismissed|cancel|interaction/i.test(reply.error)
    ? new HostError('locked', 'The keychain is locked.', reply.error)
    : new HostError('absent', `The keychain cannot be used: ${reply.error}.`, reply.error)
}
