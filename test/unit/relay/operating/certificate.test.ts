import { X509Certificate } from 'node:crypto'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { readCertificate, warnOfExpiry } from '../../../../src/relay/operating/certificate.ts'
import { certificateNames, parseListen, reachableUrl } from '../../../../src/relay/operating/listen.ts'
import { selfSigned } from '../../../../src/relay/operating/self-signed.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const DAY_MS = 86_400_000

it('a certificate of its own is made once, private, for ten years, and its pin is of the key', async () => {
  const dir = await tempDir()
  const host = fakeHost()
  const files = await selfSigned(dir, ['relay.example', '192.0.2.1', '::1'], host)
  const made = await readCertificate(files)
  expect((await stat(files.key)).mode & 0o777).toBe(0o600)
  expect(made.pin).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(made.expiresAt - host.clock.now()).toBeGreaterThan(9 * 365 * DAY_MS)
  const { subjectAltName, serialNumber } = new X509Certificate(made.cert)
  expect(subjectAltName).toBe('DNS:relay.example, IP Address:192.0.2.1, IP Address:0:0:0:0:0:0:0:1')
  expect(serialNumber).toHaveLength(32)
  expect(await readCertificate(await selfSigned(dir, ['other'], host))).toEqual(made)
})

it('half of it is made again: without its key a certificate is of no use', async () => {
  const dir = await tempDir()
  const { cert } = await selfSigned(dir, ['a'], fakeHost())
  await writeFile(join(dir, 'tls-key.pem'), '')
  await expect(readCertificate({ cert, key: join(dir, 'tls-key.pem') })).rejects.toMatchObject({ code: 'BAD_FILE' })
})

it('an error of the key file does not quote it', async () => {
  const dir = await tempDir()
  const files = await selfSigned(dir, ['a'], fakeHost())
  await writeFile(files.key, '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n')
  const failure = await readCertificate(files).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'BAD_FILE', message: expect.not.stringContaining('c2VjcmV0') })
})

it.each([
  [-1, 'error'],
  [13 * DAY_MS, 'warn'],
  [15 * DAY_MS, null],
])('a certificate with %d ms to go: %s', (leftMs, level) => {
  const { clock, log } = fakeHost()
  const now = clock.now()
  warnOfExpiry({ cert: '', key: '', pin: '', expiresAt: now + leftMs }, now, log)
  expect(log.lines.map((line) => line.level)).toEqual(level === null ? [] : [level])
})

it('a relay that listens everywhere is reached by name', () => {
  expect(reachableUrl('wss://0.0.0.0:7465')).toMatch(/^wss:\/\/[^0].*:7465$/)
  expect(reachableUrl('wss://[::]:7465')).not.toContain('[')
  expect(reachableUrl('ws://127.0.0.1:7465')).toBe('ws://127.0.0.1:7465')
  expect(certificateNames(parseListen('[::1]:7465'), 'wss://relay.example:1/x')).toEqual([
    'relay.example',
    '::1',
    'localhost',
    '127.0.0.1',
  ])
})

it.each(['', 'localhost', '127.0.0.1:', ':7465', '127.0.0.1:70000', '::1:7465', 'a:b'])(
  '--listen %j is refused',
  (text) => {
    expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  },
)
