/** Accounts put straight into the store of a relay that is not running: registering a thousand takes minutes. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { randomUin, type Uin } from '../src/domain/uin.ts'
import { nodeHost } from '../src/host/node-host.ts'
import { Accounts } from '../src/relay/accounts/accounts.ts'
import { DEFAULT_CONFIG } from '../src/relay/config.ts'
import { RELAY_MIGRATIONS } from '../src/relay/durability/store-format.ts'
import { newDevice } from '../src/relay/login/new-device.ts'
import { makeKeyBundle } from '../src/sealing/key-bundle.ts'
import { makeAccountKeys } from '../src/sealing/keys.ts'
import { openStore } from '../src/store/account-store.ts'
import { openLevelEngine } from '../src/store/level-engine.ts'
import { FileWitness } from '../src/store/witness.ts'

/** Nobody can log in to it with a password: it has none. */
export interface SeededAccount {
  uin: Uin
  token: string
}

export async function seedAccounts(dataDir: string, count: number): Promise<SeededAccount[]> {
  const quiet = () => {}
  const host = nodeHost({ log: { debug: quiet, info: quiet, warn: quiet, error: quiet } })
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const store = await openStore({
    engine: await openLevelEngine(join(dataDir, 'store')),
    kind: 'relay',
    witness: new FileWitness(join(dataDir, 'witness')),
    migrations: RELAY_MIGRATIONS,
  })
  const { finishedBackups: most, finishedForMs: forMs } = DEFAULT_CONFIG.limits
  const accounts = new Accounts(store, host.clock, { most, forMs }, { onHead: quiet, onWake: quiet })
  // One key bundle for all: nobody reads it.
  const keys = makeAccountKeys(randomBytes)
  const exportKeys = {
    password: randomBytes(64).toString('base64url'),
    recovery: randomBytes(64).toString('base64url'),
  }
  const made = await Promise.all(
    Array.from({ length: count }, async () => {
      const uin = randomUin(host.random)
      const { device, token } = newDevice(host, 'bench')
      await accounts.one(uin, (account) => {
        const bundle = makeKeyBundle(uin, keys, exportKeys, host.random)
        const records = { passwordRecord: '', recoveryRecord: '' }
        account.putLogin({ ...records, bundle, createdAt: account.now, disabledAt: null })
        account.putDevice(device)
      })
      return { uin, token }
    }),
  )
  await store.close()
  return made
}
