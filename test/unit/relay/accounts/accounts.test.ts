import { expect, test } from 'vitest'
import { MINUTE_MS } from '../../../../src/domain/instant.ts'
import { randomUin } from '../../../../src/domain/uin.ts'
import { Accounts } from '../../../../src/relay/accounts/accounts.ts'
import { topics } from '../../../../src/relay/accounts/waits.ts'
import type { Store } from '../../../../src/store/store.ts'
import { proveTo } from '../../../support/proofs.ts'
import { planFor, putBackup } from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo } = twoFriends({ loginsPerMinute: 6_000 })

const count = () => world.relay.operator.countAccounts()

test('accounts are counted once and kept count of: those made, less those deleted, and nobody that is only named', async () => {
  expect(await count()).toBe(2)
  const views = world.store.view
  world.store.view = () => Promise.reject(new Error('counted again'))
  await world.register('Cleo')
  await ana.call('friend.request', { uin: randomUin(world.host.random), note: null })
  expect(await count()).toBe(3)
  await (await proveTo(world, bo.uin)).call('account.delete', {})
  await world.pass(MINUTE_MS)
  expect(await count()).toBe(2)
  world.store.view = views
  await world.crash()
  expect(await count()).toBe(2)
})

test('a count that failed is made again', async () => {
  const views = world.store.view
  world.store.view = () => Promise.reject(new Error('the disk is gone'))
  await expect(count()).rejects.toThrow('the disk is gone')
  world.store.view = views
  expect(await count()).toBe(2)
})

test('whether an account without a backup waits for something is known without reading it', async () => {
  let reads = 0
  const counting: Store = Object.create(world.store, {
    epoch: { value: world.store.epoch },
    read: {
      value: ((uin, fn) =>
        world.store.read(uin, (reader) => {
          const range: typeof reader.range = (query) => {
            reads++
            return reader.range(query)
          }
          const { version, rows, wake } = reader
          return fn({
            version,
            rows,
            wake,
            range,
            get: (key) => reader.get(key),
            texts: (query) => reader.texts(query),
          })
        })) satisfies Store['read'],
    },
  })
  const told = { onHead: () => {}, onWake: () => {} }
  const accounts = new Accounts(counting, world.host.clock, { most: 10, forMs: 1 }, told)
  expect(await accounts.waits(ana.uin, topics.presence(bo.uin))).toBe(false)
  expect(reads).toBe(0)
  const online = { kind: 'presence' as const, who: bo.uin, is: 'online' as const, turns: null }
  await putBackup(ana, 'when Bo comes', planFor(bo.uin, [online]))
  expect(await accounts.waits(ana.uin, topics.presence(bo.uin))).toBe(true)
  expect(await accounts.waits(ana.uin, topics.message(bo.uin))).toBe(false)
})
