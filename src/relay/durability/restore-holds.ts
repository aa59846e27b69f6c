import { nodeClock } from '../../host/node-host.ts'
import { openStore } from '../../store/account-store.ts'
import { openLevelEngine } from '../../store/level-engine.ts'
import { storePlace } from '../../store/place.ts'
import { FileWitness } from '../../store/witness.ts'
import { holdUnsure } from './hold-unsure.ts'
import { RELAY_MIGRATIONS } from './store-format.ts'

/** In the store that is being made, whose older format it brings to the newest on the way: as {@link holdUnsure}. */
export async function holdAll(dataDir: string, now: number): Promise<number> {
  const { nextStore, nextWitness } = storePlace(dataDir)
  const store = await openStore({
    engine: await openLevelEngine(nextStore),
    kind: 'relay',
    witness: new FileWitness(nextWitness),
    migrations: RELAY_MIGRATIONS,
  })
  try {
    return await holdUnsure(store, { now: () => now, monotonic: () => nodeClock.monotonic() })
  } finally {
    await store.close()
  }
}
