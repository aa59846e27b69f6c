import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createSecure, type Server as SecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { fakeTime } from '../../../src/host/fake-host.ts'
import { waitingRoom } from '../../../src/rpc/waiting-room.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { lacks } from '../../support/real-parts.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { eventually } from '../../support/wait-for.ts'

const UPGRADE = 'GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

async function room(most: number, server: Server | SecureServer = createServer((_, reply) => reply.end('here'))) {
  server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    socket.pipe(socket)
  })
  const { clock, timers } = fakeTime(0)
  const waiting = waitingRoom(server, { most, mostPerCaller: 1_000, isProxy: () => false, longestMs: 10_000, timers })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { open, waiting, port, clock }
}

it('the one that has waited longest goes when there is no more room, and whoever speaks is served', async () => {
  const { open, waiting, port } = await room(3)
  const silent = [await open(), await open(), await open()]
  await eventually(() => expect(waiting.size).toBe(3))
  const first = once(silent[0] as Socket, 'close')
  const speaker = await open()
  await first
  speaker.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [answer] = (await once(speaker, 'data')) as [Buffer]
  expect(String(answer)).toContain('200 OK')
  // However many come and say nothing, whoever speaks gets through.
  await Promise.all(Array.from({ length: 50 }, open))
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here')
})

it('one that became a WebSocket no longer waits, so none displaces it', async () => {
  const { open, waiting } = await room(2)
  const upgraded = await open()
  upgraded.write(UPGRADE)
  await once(upgraded, 'data')
  let isClosed = false
  upgraded.once('close', () => {
    isClosed = true
  })
  for (let n = 0; n < 6; n++) await open()
  await eventually(() => expect(waiting.size).toBe(2))
  expect(isClosed).toBe(false)
})

it('one caller may have only so many waiting; a proxy brings as many as it likes', () => {
  const server = new EventEmitter()
  const isProxy = (address: string) => address === '10.0.0.1'
  const waiting = waitingRoom(server as never, {
    most: 100,
    mostPerCaller: 3,
    isProxy,
    longestMs: 10_000,
    timers: { after: () => () => {} },
  })
  const come = (remoteAddress: string, remotePort: number) => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress, remotePort, gone: false, destroy: () => {} })
    socket.destroy = () => {
      socket.gone = true
      socket.emit('close')
    }
    server.emit('connection', socket)
    return socket
  }
  const floods = [1, 2, 3, 4, 5].map((port) => come('192.0.2.7', port))
  expect(floods.map(({ gone }) => gone)).toEqual([false, false, false, true, true])
  // A household of IPv6 is one caller; whoever comes from elsewhere is another.
  expect([1, 2, 3, 4].map((n) => come(`2001:db8:0:1::${n}`, n).gone)).toEqual([false, false, false, true])
  expect(come('192.0.2.8', 1).gone).toBe(false)
  expect([1, 2, 3, 4, 5].some((port) => come('10.0.0.1', port).gone)).toBe(false)
  floods[0]?.destroy()
  expect(come('192.0.2.7', 6).gone).toBe(false)
  expect(waiting.size).toBe(12)
})

it('whoever has waited too long is cut, a word at a time or none; one that became a WebSocket stays', async () => {
  const { open, waiting, clock } = await room(10)
  const [silent, slow, upgraded] = [await open(), await open(), await open()]
  slow.write('GET / HT')
  upgraded.write(UPGRADE)
  await once(upgraded, 'data')
  await eventually(() => expect(waiting.size).toBe(2))
  const cut = Promise.all([once(silent, 'close'), once(slow, 'close')])
  clock.advance(9_999)
  expect(waiting.size).toBe(2)
  clock.advance(1)
  await cut
  expect(waiting.size).toBe(0)
  upgraded.write('still here')
  expect(String(await once(upgraded, 'data'))).toBe('still here')
})

it.skipIf(lacks('openssl'))('under TLS too, whether it has shaken hands or not', async () => {
  const dir = await tempDir()
  const { key, cert } = await makeCertificate(dir, 'IP:127.0.0.1')
  const { open, waiting, port, clock } = await room(10, createSecure({ key, cert }))
  const secure = async (): Promise<Socket> => {
    const socket = connectSecure({ port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
  const [bare, silent, upgraded] = [await open(), await secure(), await secure()]
  upgraded.write(UPGRADE)
  await once(upgraded, 'data')
  await eventually(() => expect(waiting.size).toBe(2))
  const cut = Promise.all([once(bare, 'close'), once(silent, 'close')])
  clock.advance(10_000)
  await cut
  expect(waiting.size).toBe(0)
  upgraded.write('still here')
  expect(String(await once(upgraded, 'data'))).toBe('still here')
})
