import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Passes bytes between a client and a server, and keeps all of them. */
export interface RecordingProxy {
  /** What stands in for the server's address. */
  readonly url: string
  /** All that passed so far, as it passed, and as it was within the WebSocket: clients mask what they send. */
  traffic(): { name: string; bytes: Buffer }[]
  close(): Promise<void>
}

interface Recorded {
  up: Buffer[]
  down: Buffer[]
}

export async function recordingProxy(serverUrl: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(serverUrl)
  const recorded: Recorded[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    const one: Recorded = { up: [], down: [] }
    recorded.push(one)
    for (const [from, to, kept] of [
      [client, upstream, one.up],
      [upstream, client, one.down],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk: Buffer) => kept.push(chunk))
      from.on('error', () => to.destroy())
      from.once('close', () => sockets.delete(from))
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    traffic: () =>
      recorded.flatMap(({ up, down }, index) =>
        [['to the relay', Buffer.concat(up)] as const, ['from the relay', Buffer.concat(down)] as const].flatMap(
          ([name, bytes]) => [
            { name: `connection ${index} ${name}, raw`, bytes },
            { name: `connection ${index} ${name}, frames`, bytes: payloads(bytes) },
          ],
        ),
      ),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The payloads of a WebSocket's frames (RFC 6455, 5.2), unmasked, one after another; what is cut off is left out. */
export function payloads(stream: Buffer): Buffer {
  const found: Buffer[] = []
  for (let at = stream.indexOf('\r\n\r\n') + 4; at + 2 <= stream.length; ) {
    const second = stream.readUInt8(at + 1)
    const short = second & 0x7f
    const [length, lengthBytes] =
      short === 126
        ? [stream.readUInt16BE(at + 2), 2]
        : short === 127
          ? [Number(stream.readBigUInt64BE(at + 2)), 8]
          : [short, 0]
    const maskAt = at + 2 + lengthBytes
    const masked = (second & 0x80) !== 0
    const start = maskAt + (masked ? 4 : 0)
    const payload = Buffer.from(stream.subarray(start, start + length))
    if (masked)
      for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (stream[maskAt + (i % 4)] ?? 0)
    found.push(payload, Buffer.from('\n'))
    at = start + length
  }
  return Buffer.concat(found)
}
