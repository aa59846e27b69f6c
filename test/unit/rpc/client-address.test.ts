import { describe, expect, it } from 'vitest'
import { addressRanges, callerOf, clientAddress, isLoopback, plainAddress } from '../../../src/rpc/client-address.ts'

describe('the address of a caller', () => {
  const isProxy = addressRanges(['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.7'])

  it.each([
    ['is the socket where nothing is forwarded', '10.0.0.1', undefined, '10.0.0.1'],
    ['is what the trusted proxy says', '10.0.0.1', '198.51.100.4', '198.51.100.4'],
    ['is not what a stranger says', '198.51.100.4', '127.0.0.1', '198.51.100.4'],
    [
      'is the last one that is not trusted: the rest is hearsay',
      '10.0.0.1',
      '127.0.0.1, 203.0.113.9, 10.0.0.2',
      '203.0.113.9',
    ],
    ['is the first where all hops are trusted', '10.0.0.1', '10.0.0.3,10.0.0.2', '10.0.0.3'],
    ['is the proxy where it says nonsense', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['may be written with a port', '10.0.0.1', '198.51.100.4:5000', '198.51.100.4'],
    ['may be IPv6 in brackets', '192.0.2.7', '[2001:DB8::5]:80', '2001:db8::5'],
    ['is IPv4 though the socket is IPv6', '::ffff:10.0.0.1', '::ffff:198.51.100.4', '198.51.100.4'],
    ['may come through an IPv6 proxy', '2001:db8:1::9', '2001:db8::5', '2001:db8::5'],
  ])('%s', (_, peer, forwarded, expected) => {
    expect(clientAddress(peer, forwarded, isProxy)).toBe(expected)
  })

  it.each(['10.0.0.0/33', '10.0.0/8', '::/129', 'example.org', '', '10.0.0.1/8/8', '10.0.0.1/x'])(
    'refuses the range %j by name',
    (cidr) => {
      expect(() => addressRanges([cidr])).toThrow(new TypeError(cidr))
    },
  )
})

it('one caller is an IPv4 address or a /64 of IPv6', () => {
  expect(callerOf('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(callerOf('2001:db8:0:7::1')).toBe(callerOf('2001:0db8:0000:0007:ffff::2'))
  expect(callerOf('2001:db8:0:7::1')).not.toBe(callerOf('2001:db8:0:8::1'))
  expect(callerOf('::1')).toBe('0:0:0:0::/64')
  expect(callerOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
})

it('loopback is this machine in either family, and nothing else', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true)
  expect(['128.0.0.1', '127.example.org', '::2', ''].some(isLoopback)).toBe(false)
  expect(plainAddress('::FFFF:1.2.3.4')).toBe('1.2.3.4')
})
