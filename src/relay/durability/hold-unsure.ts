import { isUin, type Uin } from '../../domain/uin.ts'
import type { Clock } from '../../host/host.ts'
import type { Store } from '../../store/store.ts'
import { Accounts } from '../accounts/accounts.ts'
import { heldIfUnsure, mayHaveFired } from './restored.ts'

const ACCOUNTS_AT_ONCE = 200

/** Holds every backup of a store that may have fired by now without this store knowing. How many. */
export async function holdUnsure(store: Store, clock: Clock): Promise<number> {
  const never = { most: Number.POSITIVE_INFINITY, forMs: Number.POSITIVE_INFINITY }
  const accounts = new Accounts(store, clock, never, { onHead: () => {}, onWake: () => {} })
  const now = clock.now()
  let held = 0
  for (let after: Uin | null = null; ; ) {
    const page: Uin[] = await accounts.page(after, ACCOUNTS_AT_ONCE)
    const each = await Promise.all(page.filter(isUin).map((uin) => holdOne(accounts, uin, now)))
    held += each.reduce((a, b) => a + b, 0)
    after = page.at(-1) ?? null
    if (page.length < ACCOUNTS_AT_ONCE) return held
  }
}

async function holdOne(accounts: Accounts, uin: Uin, now: number): Promise<number> {
  if (!(await accounts.peek(uin, (reader) => reader.rows.has('backup')))) return 0
  return accounts.one(uin, async (account) => {
    const unsure = account.backups.live().filter((backup) => mayHaveFired(backup, now))
    await account.changeBackups(unsure, (record) => heldIfUnsure(record, now))
    return unsure.length
  })
}
