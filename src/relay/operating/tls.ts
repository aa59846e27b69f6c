import type { Host } from '../../host/host.ts'
import { formatAddress } from '../../protocol/link.ts'
import {
  type Certificate,
  type CertificateFiles,
  type CertificateWatch,
  readCertificate,
  warnOfExpiry,
  watchCertificate,
} from './certificate.ts'
import { selfSigned } from './self-signed.ts'

/** PEM files, or a certificate of the relay's own; null: plain. */
export type TlsChoice = CertificateFiles | 'self-signed' | null

export interface RelayTls {
  /** The one that is shown now; null: plain. */
  certificate(): Certificate | null
  /** A URL as clients are given it. A certificate that an authority signed needs no pin, and its key may be renewed. */
  addressOf(url: string): string
  /** Reads it again when its files change, and hands it on; null where there is none. */
  watch(everyMs: number, changed: (certificate: Certificate) => void): CertificateWatch | null
}

/** `names`: what a certificate of the relay's own is made out to. Throws BAD_FILE. */
export async function relayTls(
  choice: TlsChoice,
  names: readonly string[],
  dataDir: string,
  host: Host,
): Promise<RelayTls> {
  const files = choice === 'self-signed' ? await selfSigned(dataDir, names, host) : choice
  let certificate = files === null ? null : await readCertificate(files)
  if (certificate !== null) warnOfExpiry(certificate, host.clock.now(), host.log)
  return {
    certificate: () => certificate,
    addressOf(url) {
      return formatAddress({ url, pins: choice === 'self-signed' && certificate !== null ? [certificate.pin] : [] })
    },
    watch(everyMs, changed) {
      if (files === null) return null
      return watchCertificate(files, host, everyMs, (next) => {
        certificate = next
        changed(next)
      })
    },
  }
}
