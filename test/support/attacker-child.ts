/**
 * Hostile clients in a process of their own: PORT SEED [UIN/TOKEN...]. Without logins they speak WebSocket byte by byte and
 * wrongly; with, each floods as a device. By turns they attack (a line on stdin) and keep the processor busy with
 * nothing (another), so that an honest client is timed on an equally busy machine in both; at the end of each attack a
 * line says how many frames and connections there were. As unimportant as a process can be, so that the relay is
 * attacked and not the scheduler.
 */
import { connect } from 'node:net'
import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { nodeClock } from '../../src/host/node-host.ts'
import { seededRandom } from '../fuzz/random.ts'
import { clientHandshake, HANDSHAKE, rawFrame, textFrame } from '../fuzz/raw-bytes.ts'
import { ended, MOST_FRAMES_EACH, write } from '../fuzz/raw-socket.ts'
import { turn } from './turn.ts'

const MOST_AT_ONCE = 16
const FLOOD_BLOCK = 200
const BUSY_MS = 2

/** What an account holder may say, over and over: what is right, what nobody answers, what is wrong, what costs most. */
const FLOODS = [
  '{"jsonrpc":"2.0","id":7,"method":"session.active","params":{}}',
  '{"jsonrpc":"2.0","method":"session.active","params":{}}',
  '{"jsonrpc":"2.0","id":7,"method":"backup.put","params":{"backups":[{"id":1}]}}',
  '{"jsonrpc":"2.0","id":7,"method":"log.state","params":{}}',
]

const [port = 0, seed = 0] = process.argv.slice(2, 4).map(Number)
const logins = process.argv.slice(4)
const random = seededRandom(seed)
let [frames, connections] = [0, 0]

let isAttacking = false

/** One connection after another that says what is no WebSocket, or wrong in it. */
async function speakWrongly(): Promise<void> {
  while (isAttacking) {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.on('error', () => {})
    socket.resume()
    await write(socket, clientHandshake(random), random)
    const most = 1 + random.int(MOST_FRAMES_EACH)
    let sent = 0
    for (; sent < most && !socket.destroyed; sent++) {
      await write(socket, rawFrame(random, true), random)
      if (random.chance(0.2)) await turn()
    }
    if (random.chance(0.3)) socket.resetAndDestroy()
    else if (random.chance(0.5)) socket.end()
    await ended(socket)
    frames += Math.max(1, sent)
    connections++
  }
}

/** A session that says the same as often as it can; what it has said and nobody has read yet goes with it. */
async function flood(login: string, n: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  const [uin, token] = login.split('/')
  const open = { jsonrpc: '2.0', id: 1, method: 'session.open', params: { uin, token, person: false } }
  socket.write(Buffer.concat([HANDSHAKE, textFrame(JSON.stringify(open))]))
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      if (data.includes('"id":1')) resolve()
    })
  })
  connections++
  const block = Buffer.concat(Array.from({ length: FLOOD_BLOCK }, () => textFrame(FLOODS[n % FLOODS.length] ?? '')))
  while (isAttacking) {
    if (socket.destroyed) throw new Error('a flood was cut off')
    frames += FLOOD_BLOCK
    if (!socket.write(block)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.resetAndDestroy()
}

function keepBusy(): void {
  if (isAttacking) return
  const until = nodeClock.monotonic() + BUSY_MS
  while (nodeClock.monotonic() < until);
  setImmediate(keepBusy)
}

setPriority(constants.priority.PRIORITY_LOW)
const attacks =
  logins.length === 0
    ? Array.from({ length: MOST_AT_ONCE }, () => speakWrongly)
    : logins.map((login, n) => () => flood(login, n))

process.stdout.write('ready\n')
keepBusy()
let attack: Promise<unknown> = Promise.resolve()
for await (const _turn of createInterface(process.stdin)) {
  isAttacking = !isAttacking
  if (isAttacking) attack = Promise.all(attacks.map((begin) => begin()))
  else {
    keepBusy()
    await attack
    process.stdout.write(`${frames} ${connections}\n`)
  }
}
