/**
 * A device that writes to itself, for as little as a client can cost: it looks at so much of what comes as says whether a
 * message was kept, so that two cores have time for more messages than a relay has on one of them.
 */
import { connect, type Socket } from 'node:net'
import { nodeClock } from '../src/host/node-host.ts'
import { dummyContent } from '../test/support/dummy-seal.ts'
import type { SeededAccount } from './seed.ts'

const HANDSHAKE =
  'GET /v1 HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
const TEXT = 0x81
const PING = 0x9
const PONG = 0x8a
/** A mask of zeros changes nothing, and is one. */
const MASK = Buffer.alloc(4)
/** Requests are numbered from here on: each number has as many digits, and stands in the same place. */
const FIRST = 10_000_000
const ID_AT = '{"jsonrpc":"2.0","id":'.length
const RESULT_AT = ID_AT + `${FIRST},"`.length
const DUMMY_ID = 'A'.repeat(22)

export class FloodClient {
  readonly account: SeededAccount
  readonly #socket: Socket
  readonly #template: string
  readonly #pending = new Map<number, (isKept: boolean) => void>()
  #number = FIRST
  #rest: Buffer = Buffer.alloc(0)
  #whenAnswered: (answer: string) => void = () => {}

  private constructor(socket: Socket, account: SeededAccount) {
    this.account = account
    this.#socket = socket
    const params = { id: DUMMY_ID, to: account.uin, content: dummyContent('hello', DUMMY_ID, null) }
    this.#template = JSON.stringify(params)
  }

  /** A session that follows its log. */
  static async open(url: string, account: SeededAccount): Promise<FloodClient> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const client = new FloodClient(socket, account)
    socket.write(HANDSHAKE)
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the relay has hung up')))
      // What a server says first is whole: nobody has asked it anything yet.
      socket.once('data', () => resolve())
    })
    socket.on('data', (bytes) => client.#take(bytes))
    const { uin, token } = account
    await client.#ask('session.open', { uin, token, person: true })
    await client.#ask('log.follow', { cursor: null })
    return client
  }

  /** One message; `ended` is told whether it was kept, how many ms that took, and its id. */
  write(ended: (isKept: boolean, tookMs: number, id: string) => void): void {
    const number = this.#number++
    const id = `${'A'.repeat(13)}${number}A`
    const since = nodeClock.monotonic()
    this.#pending.set(number, (isKept) => ended(isKept, nodeClock.monotonic() - since, id))
    const params = this.#template.replaceAll(DUMMY_ID, id)
    this.#send(`{"jsonrpc":"2.0","id":${number},"method":"message.send","params":${params}}`)
  }

  /** Of what is written until then one packet is made. */
  together(write: () => void): void {
    this.#socket.cork()
    write()
    this.#socket.uncork()
  }

  close(): void {
    this.#socket.destroy()
  }

  #ask(method: string, params: unknown): Promise<void> {
    const number = this.#number++
    this.#send(JSON.stringify({ jsonrpc: '2.0', id: number, method, params }))
    return new Promise((resolve, reject) => {
      this.#whenAnswered = (answer) => {
        if (answer.includes('"error"')) reject(new Error(answer))
        else resolve()
      }
    })
  }

  #send(text: string): void {
    const payload = Buffer.from(text, 'latin1')
    const head = payload.length < 126 ? Buffer.from([TEXT, 0x80 | payload.length]) : Buffer.from([TEXT, 0xfe, 0, 0])
    if (head.length === 4) head.writeUInt16BE(payload.length, 2)
    this.#socket.write(Buffer.concat([head, MASK, payload]))
  }

  #take(bytes: Buffer): void {
    const buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    for (let end = frameEnd(buffer, at); end !== null; end = frameEnd(buffer, at)) {
      this.#frame(buffer, at, end)
      at = end
    }
    this.#rest = buffer.subarray(at)
  }

  #frame(buffer: Buffer, from: number, end: number): void {
    const payload = buffer.subarray(from + headBytes(buffer, from), end)
    if ((buffer[from] ?? 0) % 16 === PING) {
      this.#socket.write(Buffer.concat([Buffer.from([PONG, 0x80 | payload.length]), MASK, payload]))
      return
    }
    // A notification has its method where an answer has its number.
    if (payload[ID_AT - 3] !== 0x64) return
    const number = Number(payload.toString('latin1', ID_AT, RESULT_AT - 2))
    const ended = this.#pending.get(number)
    if (ended === undefined) {
      this.#whenAnswered(payload.toString())
      return
    }
    this.#pending.delete(number)
    const isKept = payload[RESULT_AT] === 0x72
    if (!isKept && !payload.includes('RATE_LIMITED')) throw new Error(payload.toString())
    ended(isKept)
  }
}

function headBytes(buffer: Buffer, at: number): number {
  const length = buffer[at + 1] ?? 0
  if (length === 127) return 10
  return length === 126 ? 4 : 2
}

/** Where the frame that begins there ends; null: not all of it has come. */
function frameEnd(buffer: Buffer, at: number): number | null {
  if (buffer.length < at + 2) return null
  const head = headBytes(buffer, at)
  if (buffer.length < at + head) return null
  const short = buffer[at + 1] ?? 0
  const length = head === 2 ? short : head === 4 ? buffer.readUInt16BE(at + 2) : Number(buffer.readBigUInt64BE(at + 2))
  return buffer.length < at + head + length ? null : at + head + length
}
