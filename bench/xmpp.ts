/**
 * Prosody and ejabberd as Debian packs them, for comparison with the relay: a server of our own on loopback, without TLS, in
 * a directory that goes away. Anyone is let in (SASL ANONYMOUS). On are the modules, of those the packages turn on, that a
 * message between two accounts passes through: lists of contacts and of who is blocked, copies for further devices, what
 * waits for the absent. Neither writes anything to disk then: the recipient is there, and what is passed on is kept nowhere.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { delimiter, join } from 'node:path'
import { nodeClock, nodeTimers } from '../src/host/node-host.ts'
import { pause } from './process.ts'

export type XmppServerName = 'Prosody' | 'ejabberd'

export interface XmppServer {
  pid: number
  port: number
  stop(): Promise<void>
}

interface Program {
  program: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  file: string
  config: string
}

const START_MS = 30_000
/** Some thousands of messages take seconds; one that is not there by then never comes. */
const DRIVE_MS = 180_000
const HOST = 'localhost'

function inPath(program: string, { PATH = '' }: NodeJS.ProcessEnv): string | null {
  return PATH.split(delimiter).find((directory) => existsSync(join(directory, program))) ?? null
}

function prosody(dir: string, port: number): Program | null {
  if (inPath('prosody', process.env) === null) return null
  const file = join(dir, 'prosody.cfg.lua')
  const config = `
    run_as_root = true
    pidfile = "${dir}/prosody.pid"
    data_path = "${dir}"
    certificates = "${dir}"
    interfaces = { "127.0.0.1" }
    c2s_ports = { ${port} }
    modules_enabled = { "saslauth", "roster", "blocklist", "carbons", "offline", "smacks", "csi_simple", "pep", "private" }
    modules_disabled = { "s2s", "tls", "http" }
    c2s_require_encryption = false
    log = { error = "*console" }
    VirtualHost "${HOST}"
      authentication = "anonymous"
  `
  return { program: 'prosody', args: ['-F', '--config', file], env: process.env, file, config }
}

/** Without a node name Erlang neither starts nor asks its port mapper. The scheduler's options are those of the package. */
function ejabberd(dir: string, port: number): Program | null {
  const libraries = readdirSync('/usr/lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join('/usr/lib', entry.name))
    .find((directory) => readdirSync(directory).some((name) => name.startsWith('ejabberd-')))
  if (libraries === undefined || inPath('erl', process.env) === null) return null
  const file = join(dir, 'ejabberd.yml')
  const config = `
hosts: [${HOST}]
loglevel: error
listen:
  - { port: ${port}, ip: "127.0.0.1", module: ejabberd_c2s }
auth_method: anonymous
anonymous_protocol: sasl_anon
modules:
  mod_roster: {}
  mod_privacy: {}
  mod_blocking: {}
  mod_carboncopy: {}
  mod_offline: {}
  mod_stream_mgmt: {}
  mod_client_state: {}
  mod_last: {}
  mod_private: {}
`
  const env = {
    ...process.env,
    HOME: dir,
    ERL_LIBS: libraries,
    ERL_CRASH_DUMP: join(dir, 'crash'),
    EJABBERD_CONFIG_PATH: file,
    EJABBERD_LOG_PATH: join(dir, 'ejabberd.log'),
  }
  const args = ['+K', 'true', '+P', '250000', '-noinput', '-mnesia', 'dir', `"${dir}/spool"`, '-s', 'ejabberd']
  return { program: 'erl', args, env, file, config }
}

const PROGRAMS: Readonly<Record<XmppServerName, (dir: string, port: number) => Program | null>> = {
  Prosody: prosody,
  ejabberd,
}

/** Neither says which port it took, so it is told one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** @returns null where it is not installed */
export async function startXmpp(name: XmppServerName, parent: string): Promise<XmppServer | null> {
  const dir = join(parent, name.toLowerCase())
  const port = await freePort()
  const found = PROGRAMS[name](dir, port)
  if (found === null) return null
  await mkdir(dir, { recursive: true })
  await writeFile(found.file, found.config)
  const child = spawn(found.program, found.args, { env: found.env, cwd: dir, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    const isOver = await Promise.race([ended.then(() => true), pause(10_000).then(() => false)])
    if (!isOver) child.kill('SIGKILL')
    await ended
  }
  try {
    return { pid: await answering(child, port, name), port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function answering(child: ChildProcess, port: number, name: XmppServerName): Promise<number> {
  for (const until = nodeClock.monotonic() + START_MS; nodeClock.monotonic() < until; await pause(100)) {
    if (child.pid === undefined || child.exitCode !== null) break
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return child.pid
  }
  throw new Error(`${name} does not answer on port ${port}`)
}

const STREAM = `<stream:stream to='${HOST}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`
const AUTH = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>`
const BIND = `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`
const MESSAGE_END = '</message>'

/** A session that is bound, and nothing more. */
interface Session {
  socket: Socket
  /** The full address. */
  jid: string
}

/** Writes, and reads on until the pattern is there. */
async function ask(socket: Socket, words: string, until: RegExp): Promise<string> {
  let text = ''
  socket.write(words)
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const found = until.exec(text)
    if (found !== null) return found[1] ?? ''
    if (/<(failure|stream:error)/.test(text)) break
  }
  throw new Error(`asked ${words}, and was told ${text}`)
}

async function open(port: number): Promise<Session> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1').setNoDelay(true)
  await ask(socket, STREAM, /<\/stream:features>/)
  await ask(socket, AUTH, /<success/)
  await ask(socket, STREAM, /<\/stream:features>/)
  const jid = await ask(socket, BIND, /<jid>(.+)<\/jid>/)
  return { socket, jid }
}

export interface XmppPair {
  sender: Session
  receiver: Session
}

export async function openPairs(port: number, count: number): Promise<XmppPair[]> {
  const pairs: XmppPair[] = []
  while (pairs.length < count) pairs.push({ sender: await open(port), receiver: await open(port) })
  return pairs
}

export function closePairs(pairs: readonly XmppPair[]): void {
  for (const { sender, receiver } of pairs) for (const { socket } of [sender, receiver]) socket.destroy()
}

/** Sends `total` messages over all pairs, the next of a pair when one has arrived; resolves when all have. */
export function drive(pairs: readonly XmppPair[], inFlight: number, total: number, text: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let [left, arrived] = [total, 0]
    const missing = () => reject(new Error(`${total - arrived} messages did not arrive`))
    const giveUp = nodeTimers.after(DRIVE_MS, missing)
    const send = ({ sender, receiver }: XmppPair) => {
      if (left-- <= 0) return
      sender.socket.write(`<message to='${receiver.jid}' type='chat' id='m${left}'><body>${text}</body></message>`)
    }
    for (const pair of pairs) {
      let rest = ''
      pair.receiver.socket.removeAllListeners('data').on('data', (chunk) => {
        const parts = (rest + String(chunk)).split(MESSAGE_END)
        rest = parts.pop() ?? ''
        arrived += parts.length
        for (const _ of parts) send(pair)
        if (arrived < total) return
        giveUp()
        resolve()
      })
      const refused = (chunk: unknown) => reject(new Error(`a message came back: ${String(chunk)}`))
      pair.sender.socket.removeAllListeners('data').on('data', refused)
      for (let n = 0; n < inFlight; n++) send(pair)
    }
  })
}
