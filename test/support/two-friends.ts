import { afterEach, beforeEach } from 'vitest'
import type { RelayConfig } from '../../src/relay/config.ts'
import { type RelayDevice, type RelayWorld, relayOfFriends } from './relay-world.ts'

/**
 * Before each test of the file a new relay with two friends, a device each; after it the relay is closed. The three
 * always stand for those of the test that runs, so that a file may name them once.
 */
export function twoFriends(config: Partial<RelayConfig> = {}) {
  const world = {} as RelayWorld
  const ana = {} as RelayDevice
  const bo = {} as RelayDevice

  async function begin(config: Partial<RelayConfig>): Promise<void> {
    const made = await relayOfFriends(config)
    // Not `assign`: the relay and the store of a world are getters, other ones after a crash.
    Object.defineProperties(world, Object.getOwnPropertyDescriptors(made.world))
    Object.assign(ana, made.ana)
    Object.assign(bo, made.bo)
  }

  beforeEach(() => begin(config))
  afterEach(() => world.close())

  return {
    world,
    ana,
    bo,
    /** Another such world in the middle of a test. */
    async beginAgain(other: Partial<RelayConfig> = config): Promise<void> {
      await world.close()
      await begin(other)
    },
    async hangUp(device: RelayDevice): Promise<void> {
      device.peer.close()
      await world.settle()
    },
  }
}
