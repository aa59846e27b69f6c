/** A certificate of the relay's own, for clients that pin its key. */
import { webcrypto } from 'node:crypto'
import { join } from 'node:path'
import { DAY_MS } from '../../domain/instant.ts'
import type { Host } from '../../host/host.ts'
import { readPrivateFile, writePrivateFile } from '../../host/private-file.ts'
import type { CertificateFiles } from './certificate.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
/** Clients with a pin do not look at dates; others would not take it anyway. */
const VALID_MS = 10 * 365 * DAY_MS
const SERIAL_BYTES = 15
const MOST_PEM_BYTES = 64 * 1024

/**
 * Key and certificate in the data directory, mode 0600; made once and kept, since clients pin the key. A certificate
 * without its key, or the other way round, is made again: nobody could use what is left.
 */
export async function selfSigned(dataDir: string, names: readonly string[], host: Host): Promise<CertificateFiles> {
  const files = { cert: join(dataDir, 'tls-cert.pem'), key: join(dataDir, 'tls-key.pem') }
  const kept = await Promise.all([files.cert, files.key].map((path) => readPrivateFile(path, MOST_PEM_BYTES)))
  if (kept.includes(null)) {
    const made = await makeCertificate(names, host)
    await writePrivateFile(files.key, made.key)
    await writePrivateFile(files.cert, made.cert)
  }
  return files
}

/** PEM of a new P-256 key and of its certificate. Loaded on use: the library costs a relay with files nothing. */
export async function makeCertificate(
  names: readonly string[],
  { clock, random }: Pick<Host, 'clock' | 'random'>,
): Promise<{ cert: string; key: string }> {
  // The library wants this polyfill before it.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const now = clock.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // The first byte stays below 0x80: a serial number is positive.
      serialNumber: `01${Buffer.from(random(SERIAL_BYTES)).toString('hex')}`,
      name: 'CN=im relay',
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + VALID_MS),
      keys,
      signingAlgorithm: { ...ALGORITHM, hash: 'SHA-256' },
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({ type: isAddress(name) ? 'ip' : 'dns', value: name })),
        ),
      ],
    },
    webcrypto as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[1],
  )
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: `${certificate.toString('pem')}\n`, key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` }
}

function isAddress(name: string): boolean {
  return name.includes(':') || /^[\d.]+$/.test(name)
}
