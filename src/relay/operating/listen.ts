/** Where a relay listens, and what keeps plain text from leaving the machine. */
import { hostname } from 'node:os'
import { ImError } from '../../protocol/errors.ts'
import { parseAddress, parseRelay } from '../../protocol/link.ts'
import { type AddressTest, addressRanges, isLoopback } from '../../rpc/client-address.ts'

export interface Listen {
  host: string
  port: number
}

/** Where a relay listens, which proxies it believes, and under which name clients know it, if it is another. */
export interface Door {
  listen: Listen
  isProxy: AddressTest | null
  publicUrl: string | null
}

/** As the flags have it. Throws USAGE, also for plain text where it may not be. */
export function parseDoor(given: {
  listen: string
  tls: unknown
  trustProxy: readonly string[]
  publicUrl: string | null
}): Door {
  const listen = parseListen(given.listen)
  const isProxy = parseProxies(given.trustProxy)
  const publicUrl = given.publicUrl === null ? null : parsePublicUrl(given.publicUrl)
  if (given.tls === null) refusePlainElsewhere(listen, isProxy !== null, publicUrl)
  return { listen, isProxy, publicUrl }
}

/** `HOST:PORT`, `[v6]:PORT`. */
export function parseListen(listen: string, flag = '--listen'): Listen {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+):([0-9]{1,5})$/.exec(listen)
  const host = match?.[1]?.replace(/^\[|\]$/g, '')
  const port = Number(match?.[2])
  if (host === undefined || port > 65_535) {
    const example = flag === '--listen' ? '127.0.0.1:7465' : '127.0.0.1:9464'
    throw new ImError('USAGE', `${flag} wants HOST:PORT, not "${listen}".`, { hint: `${flag} ${example}` })
  }
  return { host, port }
}

/** `HOST:PORT`, or a port alone, which is one of loopback. */
export function parseMetricsAddress(text: string): Listen {
  return parseListen(/^[0-9]{1,5}$/.test(text) ? `127.0.0.1:${text}` : text, '--metrics')
}

export function isMetricsListen(text: string): boolean {
  try {
    parseMetricsAddress(text)
    return true
  } catch {
    return false
  }
}

/**
 * Without TLS anybody on the way could read tokens: loopback only, unless a proxy that has TLS stands before it; and
 * then nobody but the operator knows the address that links are to have.
 */
function refusePlainElsewhere({ host }: Listen, hasProxy: boolean, publicUrl: string | null): void {
  if (host === 'localhost' || isLoopback(host)) return
  if (!hasProxy) {
    throw new ImError('USAGE', 'Without TLS a relay listens on loopback only.', {
      hint: '--self-signed, or --tls-cert F --tls-key F, or --trust-proxy CIDR behind a proxy that has TLS',
    })
  }
  if (publicUrl !== null) return
  throw new ImError('USAGE', 'Behind a proxy the relay cannot know how it is reached.', {
    hint: '--public-url wss://relay.example',
  })
}

/** The proxies of `--trust-proxy`; null without any. */
function parseProxies(cidrs: readonly string[]): AddressTest | null {
  if (cidrs.length === 0) return null
  try {
    return addressRanges(cidrs)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new ImError('USAGE', `--trust-proxy wants an address or a range, not "${cause.message}".`, {
      hint: '--trust-proxy 10.0.0.0/8',
    })
  }
}

/** `--public-url`: how clients reach it. Throws USAGE. */
function parsePublicUrl(text: string): string {
  const { relay } = parseRelay(text)
  return parseAddress(relay).url
}

/** The address links have when nobody says how the relay is reached: where it listens, by name where that is everywhere. */
export function reachableUrl(url: string): string {
  return url.replace(
    /^(wss?:\/\/)(0\.0\.0\.0|\[::\])(?=:)/,
    (_, scheme: string) => scheme + (hostname() || 'localhost'),
  )
}

/** Names for a certificate of our own. */
export function certificateNames({ host }: Listen, publicUrl: string | null): string[] {
  const own = publicUrl === null ? [] : [new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')]
  const listens = host === '0.0.0.0' || host === '::' ? [hostname()] : [host]
  return [...new Set([...own, ...listens, 'localhost', '127.0.0.1', '::1'])].filter((name) => name !== '')
}
