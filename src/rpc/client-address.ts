/** Who is at the other end of a connection: addresses, the ranges of trusted proxies, and what counts as one caller. */
import { BlockList, isIP } from 'node:net'

/** Whether an address lies in one of some ranges. */
export type AddressTest = (address: string) => boolean

/** One form for an address: IPv4 in IPv6 as IPv4, no zone, lower case. */
export function plainAddress(address: string): string {
  const bare = address.toLowerCase().replace(/%.*$/, '')
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1] ?? bare
}

export function isLoopback(address: string): boolean {
  const plain = plainAddress(address)
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

/** The ranges as a test; a bare address is a range of one. Throws TypeError naming the first that is none. */
export function addressRanges(cidrs: readonly string[]): AddressTest {
  const ranges = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', length, ...rest] = cidr.split('/')
    const family = isIP(address)
    const bits = family === 4 ? 32 : 128
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1
    if (family === 0 || rest.length > 0 || prefix < 0 || prefix > bits) throw new TypeError(cidr)
    ranges.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => {
    const plain = plainAddress(address)
    const family = isIP(plain)
    return family !== 0 && ranges.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/**
 * The caller's address behind proxies: from the right of X-Forwarded-For the first that is not trusted. What stands
 * left of it anybody may have written. From a peer that is not trusted itself the header counts for nothing.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, isTrusted: AddressTest): string {
  let client = plainAddress(peer)
  for (const hop of (forwardedFor ?? '').split(',').reverse()) {
    if (!isTrusted(client)) break
    const address = hopAddress(hop.trim())
    if (address === null) break
    client = address
  }
  return client
}

/** Some proxies write a port after the address. */
function hopAddress(hop: string): string | null {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop
  return isIP(bare) === 0 ? null : plainAddress(bare)
}

/** What counts as one caller: an IPv4 address, or the 64 bits of IPv6 that one household or server is given. */
export function callerOf(address: string): string {
  const plain = plainAddress(address)
  if (isIP(plain) !== 6) return plain
  const [left = '', right] = plain.split('::')
  const groups = left === '' ? [] : left.split(':')
  if (right !== undefined) {
    const tail = right === '' ? [] : right.split(':')
    while (groups.length + tail.length < 8) groups.push('0')
    groups.push(...tail)
  }
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${network.join(':')}::/64`
}
