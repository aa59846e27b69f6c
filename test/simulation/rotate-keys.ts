/** An account with other keys from one moment on: at the relay, and in what its terminals keep. */
import { seededBytes } from '../../src/host/fake-host.ts'
import { keys, type StoredLogin } from '../../src/relay/accounts/account-state.ts'
import { exportAccountKeys, importAccountKeys, keyId, makeAccountKeys } from '../../src/sealing/keys.ts'
import type { Machine } from './machine.ts'
import type { Account } from './world.ts'

/** The relay and the account's terminals are off meanwhile. */
export async function rotateKeys(relay: Machine<unknown>, account: Account, seed: number) {
  const secretOf = (device: Account['devices'][number]) => JSON.parse(device.secret() ?? '{}') as { keys: string }
  const [first] = account.devices
  if (first === undefined) throw new RangeError('an account without a device')
  const { dataKey } = importAccountKeys(secretOf(first).keys)
  const fresh = { ...makeAccountKeys(seededBytes(`keys ${seed}`)), dataKey }
  let after = 0
  await relay.workedOn((store) =>
    store.transact([account.uin], async ([reader]) => {
      const login = (await reader?.get(keys.login)) as StoredLogin
      after = reader?.rows.get('log') ?? 0
      const value = { ...login, bundle: { ...login.bundle, keys: fresh.publicKeys } }
      return { writes: [[{ op: 'replace' as const, key: keys.login, value }]], result: undefined }
    }),
  )
  for (const device of account.devices) {
    device.replaceSecret(JSON.stringify({ ...secretOf(device), keys: exportAccountKeys(fresh) }))
  }
  return { account, after, keyId: keyId(fresh.publicKeys) }
}
