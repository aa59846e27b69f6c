/** Proving to a relay who one is, and what only whoever has proved it may do. Nothing here needs a session. */
import type { Uin } from '../../domain/uin.ts'
import type { RandomBytes } from '../../host/host.ts'
import { ImError } from '../../protocol/errors.ts'
import type { KeyBundle } from '../../protocol/records.ts'
import type { AccountKeys } from '../../sealing/keys.ts'
import type { LoginIdentity } from '../../sealing/login-wire.ts'
import { SealError } from '../../sealing/seal-error.ts'
import type { Core } from '../core.ts'
import { dialRelay, type RelayPeer } from '../link/relay-peer.ts'
import type { LoginWork } from './login-work.ts'

/** The connection and the login program of one exchange. */
export interface Exchange {
  peer: RelayPeer
  work: LoginWork
}

export interface ProvedAccount {
  bundle: KeyBundle
  keys: AccountKeys
  nick: string | null
}

/** The relay takes its time to remove an account: the friends are told, and every row goes. */
const DELETE_MS = 120_000

/** Runs `run` over a connection of its own, with the login program beside it; both end with it. */
export async function exchange<T>(core: Core, relay: string, run: (given: Exchange) => Promise<T>): Promise<T> {
  const { connect, version, host } = core.options
  const work = await core.options.loadLogin()
  try {
    const { signal } = new AbortController()
    const peer = await dialRelay({ url: relay, connect, host, version, onEvent: () => {}, signal })
    try {
      return await run({ peer, work })
    } finally {
      peer.close('done')
    }
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw new ImError('RELAY_PROTOCOL', 'What the relay answers is no login.', { cause: error })
  } finally {
    await work.close()
  }
}

/**
 * Proves password or recovery code. Throws WRONG_LOGIN, or STORE_DAMAGED when the relay's keys do not open with what
 * was proved: then they were altered or damaged there, and nobody is to work with them.
 */
export async function prove({ peer, work }: Exchange, who: LoginIdentity, secret: string): Promise<ProvedAccount> {
  const { uin, kind } = who
  const start = await work.startLogin(secret)
  const { response } = await peer.call('login.start', { uin, with: kind, request: start.request })
  const proof = await work.finishLogin(who, start, response)
  if (proof === null) throw wrongLogin(who)
  const { bundle, nick } = await peer.call('login.prove', { request: proof.request })
  const { openKeyBundle } = await import('../../sealing/key-bundle.ts')
  try {
    return { bundle, keys: openKeyBundle(uin, bundle, kind, proof.exportKey), nick }
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw new ImError('STORE_DAMAGED', "The account's keys were altered or damaged on the relay; they are not used.", {
      hint: 'tell whoever runs the relay; terminals that are logged in go on',
      cause: error,
    })
  }
}

/** As {@link prove}, of somebody who is logged in: only the password can be wrong, and a login is not what they want. */
export async function proveOwner(given: Exchange, uin: Uin, password: string): Promise<ProvedAccount> {
  try {
    return await prove(given, { uin, kind: 'password' }, password)
  } catch (error) {
    if (!(error instanceof ImError) || error.code !== 'WRONG_LOGIN') throw error
    const hint = `forgotten? with the recovery code: im logout, then im login ${uin} --recover`
    throw new ImError('WRONG_LOGIN', 'The password is wrong; nothing was changed.', { hint })
  }
}

function wrongLogin({ uin, kind }: LoginIdentity): ImError {
  return kind === 'password'
    ? new ImError('WRONG_LOGIN', 'UIN or password is wrong.', { hint: `forgotten? im login ${uin} --recover` })
    : new ImError('WRONG_LOGIN', 'UIN or recovery code is wrong.', { hint: `im login ${uin} --recover` })
}

/** Puts a new password or recovery code in place of the old one: what was proved on this exchange allows it. */
export async function replaceSecret(
  { peer, work }: Exchange,
  who: LoginIdentity,
  { bundle, keys }: ProvedAccount,
  secret: string,
  random: RandomBytes,
): Promise<void> {
  const { uin, kind } = who
  const start = await work.startRegistration(secret)
  const { response } = await peer.call('record.start', { kind, request: start.request })
  const { record, exportKey } = await work.finishRegistration(who, start, response)
  const { rewrapKeyBundle } = await import('../../sealing/key-bundle.ts')
  const next = rewrapKeyBundle(uin, bundle, keys.dataKey, kind, exportKey, random)
  await peer.call('record.finish', { kind, record, wrap: kind === 'password' ? next.wrap : next.recoveryWrap })
}

/** The account is gone from the relay when this returns. */
export async function deleteProved({ peer }: Exchange): Promise<void> {
  await peer.call('account.delete', {}, { timeoutMs: DELETE_MS })
}
