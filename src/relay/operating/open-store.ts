import type { Host } from '../../host/host.ts'
import { ImError } from '../../protocol/errors.ts'
import { openStore } from '../../store/account-store.ts'
import { openLevelEngine } from '../../store/level-engine.ts'
import { refuseHalfPlaced, storePlace } from '../../store/place.ts'
import { type Store, StoreError } from '../../store/store.ts'
import { FileWitness } from '../../store/witness.ts'
import type { RelayConfig } from '../config.ts'
import { RELAY_MIGRATIONS } from '../durability/store-format.ts'
import { type Meter, meteredEngine, meteredStore } from '../meter.ts'
import { STORE_CODES } from '../relay-error.ts'

/** More than LevelDB's own: tables are then larger when they are first merged, and each row is written less often. */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024

const HINTS: Readonly<Record<StoreError['reason'], (dataDir: string) => string>> = {
  locked: (dataDir) => `im relay status --data ${dataDir}`,
  format: () => 'start it with the version of im that wrote it, or a newer one',
  damaged: (dataDir) => `im relay fsck --data ${dataDir}`,
  full: () => 'make room on the disk, then start it again',
  io: (dataDir) => `look whether the disk is full (df ${dataDir}) and who may write there, then start it again`,
}

/** The store of a data directory, for a relay that is to run on it. Throws ImError, with what to do next. */
export async function openRelayStore(
  dataDir: string,
  host: Host,
  config: RelayConfig,
  meter: Meter | null,
): Promise<Store> {
  const place = storePlace(dataDir)
  try {
    await refuseHalfPlaced(dataDir)
    const engine = await openLevelEngine(place.store, { writeBufferBytes: WRITE_BUFFER_BYTES })
    const store = await openStore({
      engine: meter === null ? engine : meteredEngine(engine, meter, host.clock),
      kind: 'relay',
      witness: new FileWitness(place.witness),
      migrations: RELAY_MIGRATIONS,
      reserve: {
        freeBytes: () => host.disk.freeBytes(dataDir),
        minBytes: config.reserveBytes,
        clock: host.clock,
      },
    })
    return meter === null ? store : meteredStore(store, meter)
  } catch (cause) {
    throw storeTrouble(cause, dataDir)
  }
}

/** What an operator is told where a relay cannot begin on its store; what is not of the store is as it was. */
export function storeTrouble(cause: unknown, dataDir: string): unknown {
  if (!(cause instanceof StoreError)) return cause
  const what = cause.reason === 'locked' ? `a relay runs on ${dataDir} already` : `${dataDir}: ${cause.message}`
  return new ImError(STORE_CODES[cause.reason], what, { hint: HINTS[cause.reason](dataDir), cause })
}
