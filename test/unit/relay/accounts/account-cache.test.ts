import { expect, test } from 'vitest'
import type { Uin } from '../../../../src/domain/uin.ts'
import { AccountCache } from '../../../../src/relay/accounts/account-cache.ts'
import { emptyAccount } from '../../../../src/relay/accounts/account-state.ts'

const uin = (n: number) => String(n) as Uin
const keep = (cache: AccountCache, who: Uin) => cache.keep(who, emptyAccount(who, 1, 1))
const kept = (cache: AccountCache, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => uin(from + n)).filter((who) => cache.get(who) !== undefined)

test('the accounts used longest ago leave first, the one just used never', () => {
  const cache = new AccountCache(() => true, 20 * 8)
  for (let n = 0; n < 20; n++) keep(cache, uin(n))
  keep(cache, uin(0))
  keep(cache, uin(20))
  expect(cache.get(uin(0))).toBeDefined()
  expect(cache.get(uin(1))).toBeUndefined()
  expect(kept(cache, 0, 21)).toHaveLength(20)
  const small = new AccountCache(() => true, 1)
  keep(small, uin(1))
  expect(small.get(uin(1))).toBeDefined()
})

test('however many are looked at that nobody is connected to, those in use stay, and few of the others do', () => {
  const connected = new Set(Array.from({ length: 500 }, (_, n) => uin(n)))
  const cache = new AccountCache((who) => connected.has(who), 1_000 * 8)
  for (const who of connected) keep(cache, who)
  for (let n = 1_000; n < 51_000; n++) keep(cache, uin(n))
  expect(kept(cache, 0, 500)).toHaveLength(500)
  expect(kept(cache, 1_000, 51_000)).toEqual(kept(cache, 51_000 - 125, 51_000))
})

test('an account whose terminals have gone is one of the others from its next use on', () => {
  const connected = new Set([uin(1)])
  const cache = new AccountCache((who) => connected.has(who), 1_000 * 8)
  keep(cache, uin(1))
  connected.clear()
  keep(cache, uin(1))
  expect(cache.get(uin(1))).toBeDefined()
  for (let n = 1_000; n < 1_200; n++) keep(cache, uin(n))
  expect(cache.get(uin(1))).toBeUndefined()
  cache.drop(uin(1_199))
  expect(cache.get(uin(1_199))).toBeUndefined()
})
