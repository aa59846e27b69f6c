import { isUin, type Uin } from '../domain/uin.ts'
import { nodeClock } from '../host/node-host.ts'
import { openStore } from '../store/account-store.ts'
import { openLevelEngine } from '../store/level-engine.ts'
import { FileWitness } from '../store/witness.ts'
import { Accounts } from './accounts.ts'
import { heldIfUnsure } from './restored.ts'
import { storeFiles } from './store-files.ts'
import { RELAY_MIGRATIONS } from './store-format.ts'

const ACCOUNTS_AT_ONCE = 200

/**
 * In the store that is being made: holds every backup that may have fired by `now` without this store knowing. How many.
 * Brings an older format to the newest on the way.
 */
export async function holdAll(dataDir: string, now: number): Promise<number> {
  const { nextStore, nextWitness } = storeFiles(dataDir)
  const store = await openStore({
    engine: await openLevelEngine(nextStore),
    kind: 'relay',
    witness: new FileWitness(nextWitness),
    migrations: RELAY_MIGRATIONS,
  })
  const clock = { now: () => now, monotonic: () => nodeClock.monotonic() }
  const never = { most: Number.POSITIVE_INFINITY, forMs: Number.POSITIVE_INFINITY }
  const accounts = new Accounts(store, clock, never, { onHead: () => {}, onWake: () => {} })
  let held = 0
  try {
    for (let after: Uin | null = null; ; ) {
      const page: Uin[] = await accounts.page(after, ACCOUNTS_AT_ONCE)
      held += (await Promise.all(page.filter(isUin).map((uin) => holdOne(accounts, uin, now)))).reduce(
        (a, b) => a + b,
        0,
      )
      after = page.at(-1) ?? null
      if (page.length < ACCOUNTS_AT_ONCE) return held
    }
  } finally {
    await store.close()
  }
}

async function holdOne(accounts: Accounts, uin: Uin, now: number): Promise<number> {
  if (!(await accounts.peek(uin, (reader) => reader.rows.has('backup')))) return 0
  return accounts.one(uin, (account) => {
    let held = 0
    for (const record of account.backups()) {
      const settled = heldIfUnsure(record, now)
      if (settled === record) continue
      account.putBackup(settled)
      held++
    }
    return held
  })
}
