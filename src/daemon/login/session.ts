/** The session of whoever is logged in here: taken up with the secret of this device, ended with the account. */
import { ImError } from '../../protocol/errors.ts'
import { importAccountKeys } from '../../sealing/keys.ts'
import type { Core } from '../core.ts'
import { toImError } from '../errors.ts'
import { type AccountRow, keys } from '../mirror/rows.ts'

/** The one secret of a logged-in device, as it lies in the keychain or file. */
export interface DeviceSecret {
  token: string
  /** All keys of the account, as `exportAccountKeys` writes them. */
  keys: string
}

/** Opens what is sealed, and starts the link. */
export function begin({ texts, watch, link }: Core, account: AccountRow, secret: DeviceSecret): void {
  texts.unlock(account.uin, importAccountKeys(secret.keys))
  watch.changed()
  link.start({ relay: account.relay, uin: account.uin, token: secret.token })
}

/** Ends it; nothing of it stays in memory. */
export async function end(core: Core): Promise<void> {
  const { link, outbox, presence, scheduler, follower, texts, watch, keeper, refusals, popups } = core
  await link.stop()
  await follower.idle()
  keeper.forget()
  refusals.forget()
  texts.lock()
  outbox.abandon(new ImError('NOT_LOGGED_IN'))
  scheduler.lost()
  presence.forget()
  popups.forget()
  watch.changed()
}

/** Takes up the session of whoever is logged in; a locked keychain is tried again with every beat. */
export async function resume(core: Core): Promise<void> {
  const { link, host } = core
  const { account } = core.ledger.state
  if (account === null || account.refused !== null || !link.off) return
  try {
    const secret = await readSecret(core, account)
    if (secret === null) throw new ImError('TOKEN_REFUSED', 'The token of this device is gone.')
    begin(core, account, secret)
  } catch (error) {
    const known = toImError(error)
    host.log.warn('token not read', { code: known.code })
    link.hold(known)
    if (known.code === 'TOKEN_REFUSED') await refused(core, known.toData())
  }
}

/** A device that was refused asks once more with each start: its account may have been disabled for a while. */
export async function anotherChance({ ledger }: Core): Promise<void> {
  await ledger.change((tx) => {
    const { account } = tx.state
    if (account !== null && account.refused !== null) tx.put(keys.account, { ...account, refused: null })
  })
}

/** The relay no longer takes this device, or there is nothing to show it. */
export async function refused({ ledger, host, watch }: Core, error: AccountRow['refused']): Promise<void> {
  host.log.warn('device refused', { code: error?.code })
  try {
    await ledger.change((tx) => {
      const { account } = tx.state
      if (account !== null) tx.put(keys.account, { ...account, refused: error })
    })
  } catch (cause) {
    // The relay will say so again at the next start.
    host.log.error('refusal not noted', { code: toImError(cause).code })
  }
  watch.changed()
}

/** Token and keys of the account that is logged in here; null when they are gone from where they were kept. */
async function readSecret({ options }: Core, account: AccountRow): Promise<DeviceSecret | null> {
  const store = await options.secrets(account.tokenStore)
  const text = await store.get()
  if (text === null) return null
  const { token, keys } = JSON.parse(text) as Partial<DeviceSecret>
  return token === undefined || keys === undefined ? null : { token, keys }
}
