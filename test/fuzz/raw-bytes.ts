/** WebSocket as bytes on a TCP connection: right, wrong, and never finished. */
import { createHash } from 'node:crypto'
import type { Random } from './random.ts'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Bits of the first byte. */
const FIN = 0x80
const TEXT = 0x1
const CONTINUATION = 0x0
const CLOSE = 0x8
const PING = 0x9

export interface RawFrame {
  /** First byte: FIN, RSV, opcode. */
  head: number
  payload: Buffer
  masked: boolean
  /** How the length is written; default as short as it can be. */
  lengthBytes?: 0 | 2 | 8
  /** A length that is a lie. */
  claims?: bigint
}

export function encoded({ head, payload, masked, lengthBytes, claims }: RawFrame): Buffer {
  const length = claims ?? BigInt(payload.length)
  const size = lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8)
  const mark = masked ? 0x80 : 0
  const mask = Buffer.from([1, 2, 3, 4])
  let lead: Buffer
  if (size === 0) lead = Buffer.from([head, mark | Number(length & 0x7fn)])
  else if (size === 2) {
    lead = Buffer.from([head, mark | 126, 0, 0])
    lead.writeUInt16BE(Number(length & 0xffffn), 2)
  } else {
    lead = Buffer.concat([Buffer.from([head, mark | 127]), Buffer.alloc(8)])
    lead.writeBigUInt64BE(length & 0xffff_ffff_ffff_ffffn, 2)
  }
  if (!masked) return Buffer.concat([lead, payload])
  return Buffer.concat([lead, mask, payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))])
}

/** A right one, of a client. */
export function textFrame(text: string): Buffer {
  return encoded({ head: FIN | TEXT, payload: Buffer.from(text), masked: true })
}

const HELLO = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocols":[1],"client":"fuzz"}}')
const BAD_UTF8 = Buffer.from([0x7b, 0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80, 0x7d])

/** One frame, or what passes for one. `masked`: as this end has to. */
export function rawFrame(random: Random, masked: boolean): Buffer {
  const frame = (over: Partial<RawFrame>): Buffer => encoded({ head: FIN | TEXT, payload: HELLO, masked, ...over })
  const kinds: readonly (() => Buffer)[] = [
    () => frame({}),
    () => frame({}),
    () => frame({ head: FIN | PING, payload: random.bytes(random.int(126)) }),
    () => frame({ head: FIN | 0xa, payload: random.bytes(random.int(126)) }),
    () => frame({ payload: random.bytes(random.int(400)) }),
    () => frame({ head: FIN | (3 + random.int(5)) }),
    () => frame({ head: FIN | (0xb + random.int(5)) }),
    () => frame({ head: FIN | TEXT | (0x10 << random.int(3)) }),
    () => frame({ masked: !masked }),
    () => frame({ head: TEXT }),
    () => frame({ head: CONTINUATION }),
    () => frame({ head: FIN | CONTINUATION }),
    () => Buffer.concat(Array.from({ length: 50 }, (_, n) => frame({ head: n === 0 ? TEXT : CONTINUATION }))),
    () => frame({ claims: BigInt(random.int(2 ** 31)) << 32n, lengthBytes: 8 }),
    () => frame({ claims: 0xffff_ffff_ffff_ffffn, lengthBytes: 8 }),
    () => frame({ claims: 262_145n, lengthBytes: 8 }),
    () => frame({ claims: 262_144n, lengthBytes: 8 }),
    () => frame({ lengthBytes: random.pick([2, 8]) }),
    () => frame({ head: FIN | PING, payload: random.bytes(126 + random.int(1_000)) }),
    () => frame({ head: PING, payload: random.bytes(10) }),
    () => frame({ head: FIN | CLOSE, payload: random.bytes(random.int(4)) }),
    () => frame({ head: FIN | CLOSE, payload: Buffer.concat([Buffer.from([3, 232]), BAD_UTF8]) }),
    () => frame({ payload: BAD_UTF8 }),
    () => frame({ head: FIN | 2, payload: random.bytes(random.int(300)) }),
    () => frame({ payload: Buffer.from(`${'['.repeat(10_000)}`) }),
    () => random.bytes(1 + random.int(300)),
    () => frame({}).subarray(0, 1 + random.int(20)),
    () => Buffer.alloc(random.int(2_000)),
  ]
  return random.pick(kinds)()
}

const upgrade = (over: string): string =>
  `GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${over}\r\n`

/** What a client says first. */
export const HANDSHAKE = Buffer.from(upgrade(''))

/** The same, mostly. */
export function clientHandshake(random: Random): Buffer {
  const whole = HANDSHAKE.toString()
  if (random.chance(0.85)) return Buffer.from(whole)
  return Buffer.from(
    random.pick([
      () => whole.slice(0, random.int(whole.length)),
      () => whole.replace('13', '7'),
      () => whole.replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'),
      () => whole.replace('GET', 'POST'),
      () => whole.replace('/v1', '/../v1'),
      () => whole.replace('/v1', `/${'x'.repeat(20_000)}`),
      () => upgrade('Origin: https://evil.example\r\n'),
      () => upgrade(`X-Long: ${'y'.repeat(20_000)}\r\n`),
      () => upgrade('Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n'),
      () => upgrade('Content-Length: 99999999999\r\n'),
      () => upgrade('Transfer-Encoding: chunked\r\n'),
      () => whole.replaceAll('\r\n', '\n'),
      () => random.bytes(random.int(500)).toString('latin1'),
      () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ])(),
    'latin1',
  )
}

/** What a server answers to an upgrade; mostly what it should. */
export function serverHandshake(random: Random, request: string): Buffer {
  const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64')
  const answer = (lines: string): string =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${lines}\r\n`
  const whole = answer(`Sec-WebSocket-Accept: ${accept}\r\n`)
  if (random.chance(0.85)) return Buffer.from(whole)
  return Buffer.from(
    random.pick([
      () => whole.slice(0, random.int(whole.length)),
      () => answer('Sec-WebSocket-Accept: wrong\r\n'),
      () => answer(''),
      () => whole.replace('101', '200'),
      () => whole.replace('101 Switching Protocols', '302 Found\r\nLocation: http://127.0.0.1:1/'),
      () => answer(`Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n`),
      () =>
        answer(
          `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n`,
        ),
      () => answer(`Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: other\r\n`),
      () => `HTTP/1.1 101 x\r\n${'x: y\r\n'.repeat(5_000)}\r\n`,
      () => random.bytes(random.int(500)).toString('latin1'),
    ])(),
    'latin1',
  )
}
