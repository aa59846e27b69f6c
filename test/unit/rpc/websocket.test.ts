import { createHash } from 'node:crypto'
import { createServer as createHttp, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Socket, type Server as TcpServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { type FakeClock, fakeTime } from '../../../src/host/fake-host.ts'
import { nodeClock, nodeTimers } from '../../../src/host/node-host.ts'
import type { Channel } from '../../../src/rpc/peer.ts'
import { type ConnectWebSocketOptions, connectWebSocket } from '../../../src/rpc/websocket-client.ts'
import {
  type ServeWebSocketOptions,
  serveWebSocket,
  type WebSocketOrigin,
  type WebSocketService,
} from '../../../src/rpc/websocket-server.ts'
import { queue } from '../../support/rpc-links.ts'

const CLIENT = { connectTimeoutMs: 5_000, timers: nodeTimers, maxFrameBytes: 64 * 1024 }
const WIRE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

async function portOf(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

describe('the server', () => {
  let http: Server
  let service: WebSocketService
  let clock: FakeClock
  let url: string
  let next: () => Promise<{ channel: Channel; from: WebSocketOrigin }>

  async function serve(options: Partial<ServeWebSocketOptions> = {}): Promise<void> {
    const arrivals = queue<{ channel: Channel; from: WebSocketOrigin }>()
    next = arrivals.take
    const time = fakeTime(0)
    clock = time.clock
    service = serveWebSocket({
      server: http,
      path: '/v1',
      maxFrameBytes: 64 * 1024,
      allowOrigin: (origin) => origin === undefined || origin === 'https://allowed.example',
      pingIntervalMs: 30_000,
      timers: time.timers,
      clock: nodeClock,
      onChannel: (channel, from) => arrivals.put({ channel, from }),
      ...options,
    })
  }

  beforeEach(async () => {
    http = createHttp()
    url = `ws://127.0.0.1:${await portOf(http)}/v1`
  })
  afterEach(async () => {
    await service.close()
    await new Promise((resolve) => http.close(resolve))
  })

  /** A client as other programs have it; resolves with the status it was refused with, or itself. */
  function dial(options: WebSocket.ClientOptions = {}, target = url): Promise<WebSocket | number> {
    const ws = new WebSocket(target, options)
    return new Promise((resolve, reject) => {
      ws.on('open', () => resolve(ws))
      ws.on('unexpected-response', (request, response) => {
        request.destroy()
        resolve(response.statusCode ?? 0)
      })
      ws.on('error', reject)
    })
  }

  async function dialled(options: WebSocket.ClientOptions = {}): Promise<WebSocket> {
    const ws = await dial(options)
    if (typeof ws === 'number') throw new Error(`refused with ${ws}`)
    return ws
  }

  test('tells where a connection came from', async () => {
    await serve()
    await dialled({ headers: { 'x-forwarded-for': '192.0.2.1' } })
    expect((await next()).from.remoteAddress).toBe('127.0.0.1')
    expect(service.clients).toBe(1)
  })

  test('takes the word of its owner for where a connection came from, and refuses with 403 where there is none', async () => {
    await serve({
      addressOf: (peer, headers) => (peer === '127.0.0.1' ? String(headers['x-from'] ?? '') || null : null),
    })
    await dialled({ headers: { 'x-from': '2001:db8:0:1::5' } })
    expect((await next()).from).toEqual({ remoteAddress: '2001:db8:0:1::5' })
    expect(await dial()).toBe(403)
  })

  test('has room for so many connections of one caller, all others and this machine apart', async () => {
    await serve({ maxPerCaller: 2, addressOf: (_, headers) => String(headers['x-from']) })
    const from = (address: string) => dial({ headers: { 'x-from': address } })
    await from('2001:db8::1')
    await from('2001:db8::2')
    expect(await from('2001:db8::3')).toBe(429)
    expect(await from('2001:db8:0:1::1')).toBeInstanceOf(WebSocket)
    for (let i = 0; i < 3; i++) expect(await from('127.0.0.1')).toBeInstanceOf(WebSocket)
    const { channel } = await next()
    channel.close()
    await channel.closed
    expect(await from('2001:db8::3')).toBeInstanceOf(WebSocket)
  })

  test('answers a page of another origin with 403, and takes the allowed one', async () => {
    await serve()
    expect(await dial({ origin: 'https://evil.example' })).toBe(403)
    expect(await dial({ origin: 'null' })).toBe(403)
    expect(await dial({ origin: 'https://allowed.example' })).toBeInstanceOf(WebSocket)
  })

  test('answers another path with 404 and ignores a query', async () => {
    await serve()
    expect(await dial({}, url.replace('/v1', '/v2'))).toBe(404)
    expect(await dial({}, `${url}/x`)).toBe(404)
    expect(await dial({}, `${url}?a=1`)).toBeInstanceOf(WebSocket)
  })

  test('answers with 503 when it is full, and takes more when somebody has gone', async () => {
    await serve({ maxConnections: 1 })
    const first = await dialled()
    const { channel } = await next()
    channel.start(() => {})
    expect(await dial()).toBe(503)
    first.close()
    await channel.closed
    expect(await dial()).toBeInstanceOf(WebSocket)
  })

  test('speaks no compression, even when asked', async () => {
    await serve()
    const ws = await dialled({ perMessageDeflate: true })
    expect(ws.extensions).toBe('')
  })

  test('closes with 1003 on a binary frame', async () => {
    await serve()
    const ws = await dialled()
    const { channel } = await next()
    channel.start(() => {})
    ws.send(Buffer.from('{}'))
    expect((await channel.closed).code).toBe(1003)
  })

  test('closes with 1007 on text that is not UTF-8', async () => {
    await serve()
    const ws = await dialled()
    const { channel } = await next()
    channel.start(() => {})
    ws.on('error', () => {})
    ws.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false })
    expect((await channel.closed).code).toBe(1007)
  })

  test('serves others between the frames of one who floods it', async () => {
    let ms = 0
    await serve({ clock: { monotonic: () => ms } })
    const [flooding, other] = [await dialled(), await dialled()]
    const channels = [await next(), await next()]
    const taken: string[] = []
    const flood = 20_000
    const allTaken = new Promise<void>((resolve) => {
      for (const { channel } of channels) {
        channel.start((frame) => {
          // Each takes its time; as soon as the flood has begun to be read, somebody else says something.
          ms++
          if (taken.length === 0) other.send('other')
          if (taken.push(frame) === flood + 1) resolve()
        })
      }
    })
    for (let n = 0; n < flood; n++) flooding.send('flood')
    await allTaken
    expect(taken.indexOf('other')).toBeLessThan(flood / 2)
  })

  test('leaves a flood in its own socket, but for what waits for its turn', async () => {
    let ms = 0
    await serve({ clock: { monotonic: () => ms } })
    const arrived = new Promise<Socket>((resolve) => http.once('connection', resolve))
    const flooding = await dialled()
    const { channel } = await next()
    const socket = await arrived
    const [frames, bytes] = [400, 60_000]
    let taken = 0
    let mostAhead = 0
    const allTaken = new Promise<void>((resolve) => {
      channel.start(() => {
        ms++
        mostAhead = Math.max(mostAhead, socket.bytesRead - taken * bytes)
        if (++taken === frames) resolve()
      })
    })
    for (let n = 0; n < frames; n++) flooding.send('x'.repeat(bytes))
    await allTaken
    // Sixteen, and what came in the same piece.
    expect(mostAhead).toBeLessThan(40 * bytes)
  })

  test('loses no frame that comes before the channel is started', async () => {
    await serve()
    const ws = await dialled()
    const { channel } = await next()
    const other = await dialled()
    const echo = (await next()).channel
    echo.start((frame) => echo.send(frame))
    ws.send('one')
    ws.send('two')
    // What was sent before on the same machine has arrived when an echo is back.
    for (const _round of [1, 2]) {
      other.send('there and back')
      await new Promise((resolve) => other.once('message', resolve))
    }
    const got = queue<string>()
    channel.start(got.put)
    expect([await got.take(), await got.take()]).toEqual(['one', 'two'])
  })

  /** A client, how often it was pinged, and a way to let all be there that was sent to and fro. */
  async function counted(options: WebSocket.ClientOptions = {}) {
    const ws = await dialled(options)
    const { channel } = await next()
    const frames = queue<string>()
    channel.start(frames.put)
    let pings = 0
    ws.on('ping', () => pings++)
    const speak = async (): Promise<void> => {
      ws.send('I am here')
      await frames.take()
    }
    const hear = async (): Promise<number> => {
      channel.send('are you there?')
      await new Promise((resolve) => ws.once('message', resolve))
      return pings
    }
    return { channel, hear, speak }
  }

  test('pings who was silent for an interval, cuts who stays so for another, and keeps who answers', async () => {
    await serve()
    const silent = await counted({ autoPong: false })
    const lively = await counted()
    clock.advance(30_000)
    expect([await silent.hear(), await lively.hear()]).toEqual([1, 1])
    // Its pong has come by then.
    await lively.speak()
    expect(service.clients).toBe(2)
    clock.advance(30_000)
    expect((await silent.channel.closed).code).toBe(1006)
    clock.advance(30_000)
    expect(await lively.hear()).toBe(2)
    expect(service.clients).toBe(1)
  })

  test('does not ping who speaks, and cuts it in the same time when it falls silent', async () => {
    await serve()
    const client = await counted({ autoPong: false })
    for (let interval = 0; interval < 4; interval++) {
      await client.speak()
      clock.advance(30_000)
    }
    expect(await client.hear()).toBe(0)
    clock.advance(30_000)
    expect(await client.hear()).toBe(1)
    clock.advance(30_000)
    expect((await client.channel.closed).code).toBe(1006)
  })

  test('closes all with the given code, takes nobody any more, and leaves no timer', async () => {
    await serve()
    const ws = await dialled()
    await next()
    const closed = new Promise((resolve) => ws.once('close', (code, reason) => resolve([code, String(reason)])))
    await service.close(1012, 'restart')
    expect(await closed).toEqual([1012, 'restart'])
    expect(service.clients).toBe(0)
    expect(clock.pending).toBe(0)
    expect(await dial()).toBe(503)
  })

  test('sends all frames of one turn, then the close', async () => {
    await serve()
    const got: string[] = []
    const ws = await dialled()
    ws.on('message', (data) => got.push(String(data)))
    const closed = new Promise((resolve) => ws.once('close', resolve))
    const { channel } = await next()
    channel.start(() => {})
    for (const frame of ['one', 'two', 'three']) channel.send(frame)
    channel.close(1000)
    await closed
    expect(got).toEqual(['one', 'two', 'three'])
  })
})

describe('the client', () => {
  let stops: (() => void)[]
  beforeEach(() => {
    stops = []
  })
  afterEach(() => {
    for (const stop of stops) stop()
  })

  /** A TCP server that speaks as `talk` makes it. */
  async function tcp(talk: (socket: Socket) => void): Promise<string> {
    const server = createTcp((socket) => {
      socket.on('error', () => {})
      stops.push(() => socket.destroy())
      talk(socket)
    })
    stops.push(() => server.close())
    return `ws://127.0.0.1:${await portOf(server)}/v1`
  }

  /** A server that makes a right handshake, then sends `bytes`, whatever it is told. */
  function hostile(bytes: Buffer, headers = '', onUpgraded: (socket: Socket) => void = () => {}): Promise<string> {
    return tcp((socket) => {
      socket.once('data', (request) => {
        const key = /sec-websocket-key: (.*)\r/i.exec(request.toString())?.[1]
        const accept = createHash('sha1').update(`${key}${WIRE_GUID}`).digest('base64')
        const status = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        socket.write(`${status}Sec-WebSocket-Accept: ${accept}\r\n${headers}\r\n`)
        socket.write(bytes)
        onUpgraded(socket)
      })
    })
  }

  const dial = (url: string, options: Partial<ConnectWebSocketOptions> = {}): Promise<Channel> =>
    connectWebSocket(url, { ...CLIENT, ...options })

  test('offers no compression and sends no Origin', async () => {
    const requests = queue<string>()
    const url = await tcp((socket) => socket.on('data', (data) => requests.put(data.toString().toLowerCase())))
    dial(url).catch(() => {})
    const request = await requests.take()
    expect(request).toContain('sec-websocket-key')
    expect(request).not.toContain('extensions')
    expect(request).not.toContain('origin')
  })

  test('says that nobody listens', async () => {
    const server = createTcp()
    const port = await portOf(server)
    await new Promise((resolve) => server.close(resolve))
    await expect(dial(`ws://127.0.0.1:${port}/v1`)).rejects.toMatchObject({
      name: 'ConnectFailed',
      reason: 'refused',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('says that a name does not exist', async () => {
    await expect(dial('ws://nowhere.invalid/v1')).rejects.toMatchObject({ reason: 'refused' })
  })

  test('says that a port is one fetch never calls', async () => {
    await expect(dial('ws://127.0.0.1:25/v1')).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('port'),
    })
  })

  test('says what a server answered that speaks no WebSocket', async () => {
    const http = createHttp((_request, response) => response.writeHead(418).end('teapot'))
    stops.push(() => http.close())
    const url = `ws://127.0.0.1:${await portOf(http)}/v1`
    await expect(dial(url)).rejects.toMatchObject({ reason: 'http', status: 418 })
  })

  test('follows no redirect', async () => {
    const http = createHttp((_request, response) => response.writeHead(302, { location: '/v2' }).end())
    stops.push(() => http.close())
    const url = `ws://127.0.0.1:${await portOf(http)}/v1`
    await expect(dial(url)).rejects.toMatchObject({ reason: 'http', status: 302 })
  })

  test('refuses a handshake that is wrong', async () => {
    const url = await tcp((socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    )
    await expect(dial(url)).rejects.toMatchObject({ reason: 'http', status: null })
  })

  test('gives up a server that never answers', async () => {
    const { clock, timers } = fakeTime(0)
    const arrived = queue<void>()
    const gone = queue<void>()
    const url = await tcp((socket) => socket.on('data', () => arrived.put()).on('close', () => gone.put()))
    const failed = dial(url, { timers }).catch((error: unknown) => error)
    await arrived.take()
    clock.advance(4_999)
    expect(clock.pending).toBe(1)
    clock.advance(1)
    expect(await failed).toMatchObject({ reason: 'timeout' })
    await gone.take()
    expect(clock.pending).toBe(0)
  })

  test('stops connecting when its signal is aborted, and lets go of the socket', async () => {
    const { clock, timers } = fakeTime(0)
    const arrived = queue<void>()
    const gone = queue<void>()
    const url = await tcp((socket) => socket.on('data', () => arrived.put()).on('close', () => gone.put()))
    const abort = new AbortController()
    const failed = dial(url, { timers, signal: abort.signal }).catch((error: unknown) => error)
    await arrived.take()
    abort.abort('enough')
    expect(await failed).toBe('enough')
    await gone.take()
    expect(clock.pending).toBe(0)
    await expect(dial(url, { signal: abort.signal })).rejects.toBe('enough')
  })

  test('tears the socket down 5 s after a close nobody answers', async () => {
    const { clock, timers } = fakeTime(0)
    const channel = await dial(await hostile(Buffer.alloc(0)), { timers })
    channel.close(1001)
    clock.advance(4_999)
    expect(clock.pending).toBe(1)
    clock.advance(1)
    expect((await channel.closed).code).toBe(1006)
    expect(clock.pending).toBe(0)
  })

  test('tears it down as well when the other side had begun to close and then said no more', async () => {
    const { clock, timers } = fakeTime(0)
    let answered = (): void => {}
    const answer = new Promise<void>((resolve) => {
      answered = resolve
    })
    const closes = Buffer.from([0x88, 0x02, 0x03, 0xe8])
    const url = await hostile(closes, '', (socket) => socket.once('data', () => answered()))
    const channel = await dial(url, { timers })
    await answer
    channel.close()
    clock.advance(5_000)
    expect((await channel.closed).code).toBe(1000)
    expect(clock.pending).toBe(0)
  })

  test('loses no frame that comes with the handshake', async () => {
    const frame = Buffer.from([0x81, 0x02, 0x7b, 0x7d])
    const channel = await dial(await hostile(Buffer.concat([frame, frame])))
    await new Promise((resolve) => nodeTimers.after(0, () => resolve(null)))
    const got = queue<string>()
    channel.start(got.put)
    expect([await got.take(), await got.take()]).toEqual(['{}', '{}'])
    channel.close()
  })

  test('closes with 1003 on a binary frame', async () => {
    const sent = queue<Buffer>()
    const url = await hostile(Buffer.from([0x82, 0x02, 0x7b, 0x7d]), '', (socket) => socket.on('data', sent.put))
    const channel = await dial(url)
    channel.start(() => {})
    const close = await sent.take()
    // A masked close frame; a WHATWG client may not send 1003 itself.
    const code = Buffer.from([(close[6] ?? 0) ^ (close[2] ?? 0), (close[7] ?? 0) ^ (close[3] ?? 0)])
    expect(close[0]).toBe(0x88)
    expect(code.readUInt16BE()).toBe(4003)
  })

  test.each([
    ['a frame over the limit', [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 1]],
    ['a frame of 2^63 bytes', [0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]],
    ['a frame of 2^53 bytes', [0x81, 127, 0, 0x20, 0, 0, 0, 0, 0, 0]],
    ['a compressed frame nobody agreed on', [0xc1, 0x07, 0xaa, 0x56, 0x4a, 0x2c, 0x28, 0xc8, 0x01]],
    ['a masked frame', [0x81, 0x81, 1, 2, 3, 4, 5]],
    ['an unknown opcode', [0x83, 0x00]],
    ['a continuation of nothing', [0x80, 0x00]],
    ['a ping of 126 bytes', [0x89, 126, 0, 126]],
    ['a close frame of one byte', [0x88, 0x01, 0x03]],
    ['a close code that does not exist', [0x88, 0x02, 0x00, 0x01]],
    ['a close reason that is not UTF-8', [0x88, 0x03, 0x03, 0xe8, 0xff]],
    ['text that is not UTF-8', [0x81, 0x01, 0xff]],
  ])('survives %s, and hands nothing on', async (_name, bytes) => {
    const got: string[] = []
    const channel = await dial(await hostile(Buffer.from(bytes)))
    channel.start((frame) => got.push(frame))
    expect((await channel.closed).code).toBeGreaterThan(1000)
    expect(got).toEqual([])
  })

  test.each(['permessage-deflate', 'permessage-deflate; server_max_window_bits=99', 'x-unknown'])(
    'refuses a server that chooses the extension %s',
    async (extension) => {
      const gone = queue<void>()
      const headers = `Sec-WebSocket-Extensions: ${extension}\r\n`
      const url = await hostile(Buffer.alloc(0), headers, (socket) => socket.on('close', () => gone.put()).resume())
      await expect(dial(url)).rejects.toMatchObject({ reason: 'http' })
      await gone.take()
    },
  )
})
