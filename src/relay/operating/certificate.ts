/** The certificate a relay shows: read from PEM files, and read again when they change. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { DAY_MS } from '../../domain/instant.ts'
import type { Host } from '../../host/host.ts'
import { systemCode } from '../../host/host-error.ts'
import { ImError } from '../../protocol/errors.ts'

export interface CertificateFiles {
  cert: string
  key: string
}

export interface Certificate {
  /** PEM, with whatever chain the file has. */
  cert: string
  key: string
  /** base64url(SHA-256(SPKI)) of the public key. */
  pin: string
  expiresAt: number
}

const WARN_BEFORE_MS = 14 * DAY_MS

/** Reads both files. Throws BAD_FILE when one is no PEM, or they do not belong together. */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([readText(files.cert), readText(files.key)])
  const certificate = parsed(files.cert, 'certificate', () => new X509Certificate(cert))
  const privateKey: KeyObject = parsed(files.key, 'private key without a passphrase', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ImError('BAD_FILE', `${files.key} is not the key of ${files.cert}.`, {
      hint: 'give the two that belong together',
    })
  }
  return { cert, key, pin: pinOf(certificate), expiresAt: Date.parse(certificate.validTo) }
}

/** What clients pin: the public key, so that a certificate may be renewed. */
function pinOf({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ImError('BAD_FILE', `${path} cannot be read (${systemCode(cause) ?? 'unknown'}).`, { cause })
  }
}

function parsed<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    // The parser's message may quote the key: it goes no further.
    throw new ImError('BAD_FILE', `${path} is no ${what} in PEM.`, { hint: 'openssl shows what it is', cause })
  }
}

export interface CertificateWatch {
  /** Looks now, whatever the files' times say. */
  reload(): Promise<void>
  stop(): void
}

/**
 * Looks at the files' times every so often, and reads them when one has moved. Files that do not belong together are
 * left for the next look: a renewal writes one after the other.
 */
export function watchCertificate(
  files: CertificateFiles,
  { timers, clock, log }: Host,
  everyMs: number,
  onChange: (certificate: Certificate) => void,
): CertificateWatch {
  let seen: string | null = null
  let stop = (): void => {}
  let stopped = false

  const times = async (): Promise<string> => {
    const stats = await Promise.all([files.cert, files.key].map((path) => stat(path)))
    return stats.map(({ mtimeMs, ino, size }) => `${mtimeMs}/${ino}/${size}`).join(' ')
  }

  async function reload(): Promise<void> {
    try {
      const now = await times()
      const certificate = await readCertificate(files)
      seen = now
      if (stopped) return
      warnOfExpiry(certificate, clock.now(), log)
      onChange(certificate)
      log.info('certificate loaded', { pin: certificate.pin })
    } catch (error) {
      log.error('certificate not loaded; the old one stays', { cause: error instanceof Error ? error.message : '' })
    }
  }

  async function look(): Promise<void> {
    const now = await times().catch(() => null)
    if (now !== null && seen !== null && now !== seen) await reload()
    seen ??= now
    if (!stopped) stop = timers.after(everyMs, () => void look())
  }

  void look()
  return {
    reload,
    stop: () => {
      stopped = true
      stop()
    },
  }
}

export function warnOfExpiry({ expiresAt }: Certificate, now: number, log: Host['log']): void {
  const until = new Date(expiresAt).toISOString()
  if (expiresAt <= now) log.error('the certificate has expired; clients without a pin refuse it', { until })
  else if (expiresAt - now < WARN_BEFORE_MS) log.warn('the certificate expires soon', { until })
}
