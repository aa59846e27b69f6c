import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeClock, nodeTimers } from '../../../src/host/node-host.ts'
import type { Channel } from '../../../src/rpc/peer.ts'
import { connectWebSocket, type TlsTrust } from '../../../src/rpc/websocket-client.ts'
import { serveWebSocket } from '../../../src/rpc/websocket-server.ts'
import { makeCertificate, type TestCertificate } from '../../support/certificates.ts'
import { lacks } from '../../support/real-parts.ts'
import { testPeer } from '../../support/rpc-links.ts'

const OTHER_PIN = Buffer.alloc(32, 7).toString('base64url')

interface TlsServer {
  certificate: TestCertificate
  connect(tls?: TlsTrust): Promise<Channel>
  stop(): Promise<void>
}

async function serveTls(name: string): Promise<TlsServer> {
  const dir = mkdtempSync(join(tmpdir(), 'im-tls-'))
  const certificate = await makeCertificate(dir, name)
  rmSync(dir, { recursive: true })
  const https = createServer({ key: certificate.key, cert: certificate.cert })
  const service = serveWebSocket({
    server: https,
    path: '/v1',
    maxFrameBytes: 64 * 1024,
    allowOrigin: () => true,
    pingIntervalMs: 30_000,
    timers: nodeTimers,
    clock: nodeClock,
    onChannel: (channel) => testPeer(channel, { handle: (method) => method }),
  })
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  const url = `wss://127.0.0.1:${(https.address() as AddressInfo).port}/v1`
  return {
    certificate,
    connect: (tls = {}) =>
      connectWebSocket(url, { connectTimeoutMs: 5_000, timers: nodeTimers, maxFrameBytes: 64 * 1024, tls }),
    async stop() {
      await service.close()
      await new Promise((resolve) => https.close(resolve))
    },
  }
}

describe.skipIf(lacks('openssl'))('a client that meets a certificate', () => {
  let server: TlsServer
  let misnamed: TlsServer
  beforeAll(async () => {
    server = await serveTls('IP:127.0.0.1')
    misnamed = await serveTls('DNS:relay.example')
  })
  afterAll(async () => {
    await server.stop()
    await misnamed.stop()
  })

  async function talk(channel: Channel): Promise<unknown> {
    const peer = testPeer(channel)
    const answer = await peer.call('hello', {})
    peer.close()
    await peer.closed
    return answer
  }

  test('refuses one nobody it trusts has signed', async () => {
    await expect(server.connect()).rejects.toMatchObject({ name: 'ConnectFailed', reason: 'certificate' })
  })

  test('takes one signed by the given authority', async () => {
    expect(await talk(await server.connect({ ca: server.certificate.cert }))).toBe('hello')
  })

  test('refuses one for another name, though the authority is right', async () => {
    const ca = misnamed.certificate.cert
    await expect(misnamed.connect({ ca })).rejects.toMatchObject({ reason: 'certificate' })
  })

  test('takes the pinned key, whoever signed it and whatever its name', async () => {
    expect(await talk(await server.connect({ pins: [server.certificate.pin] }))).toBe('hello')
    expect(await talk(await misnamed.connect({ pins: [OTHER_PIN, misnamed.certificate.pin] }))).toBe('hello')
  })

  test('refuses a key that is not pinned', async () => {
    await expect(server.connect({ pins: [OTHER_PIN] })).rejects.toMatchObject({ reason: 'certificate' })
  })

  test('refuses a key that is not pinned though its authority is trusted', async () => {
    const tls = { ca: server.certificate.cert, pins: [OTHER_PIN] }
    await expect(server.connect(tls)).rejects.toMatchObject({ reason: 'certificate' })
  })

  test('refuses every key when the list of pins is empty', async () => {
    await expect(server.connect({ pins: [] })).rejects.toMatchObject({ reason: 'certificate' })
  })
})
