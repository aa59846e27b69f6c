import type { Uin } from '../../src/domain/uin.ts'
import { ImError } from '../../src/protocol/errors.ts'
import type { RelayMethod, RelayParams, RelayResults } from '../../src/protocol/relay-api.ts'
import { openKeyBundle, rewrapKeyBundle } from '../../src/sealing/key-bundle.ts'
import type { AccountKeys } from '../../src/sealing/keys.ts'
import { loadLoginClient } from '../../src/sealing/login-client.ts'
import type { LoginKind } from '../../src/sealing/login-wire.ts'
import type { RelayWorld } from './relay-world.ts'

/** What `relay-world.ts` registers everybody with. */
export const SECRETS: Readonly<Record<LoginKind, string>> = {
  password: 'correct horse battery staple',
  recovery: 'recovery',
}

/** A connection on which somebody has proved a password or recovery code. */
export interface ProvedLink {
  keys: AccountKeys
  call<M extends RelayMethod>(method: M, params: RelayParams<M>): Promise<RelayResults[M]>
  /** A new password or recovery code. */
  replace(kind: LoginKind, secret: string): Promise<void>
}

/** Proves as a client does. Throws WRONG_LOGIN where the client itself finds out. */
export async function proveTo(
  world: RelayWorld,
  uin: Uin,
  kind: LoginKind = 'password',
  secret = SECRETS[kind],
): Promise<ProvedLink> {
  const client = await loadLoginClient({ memoryKib: 8, iterations: 1, parallelism: 1 })
  const { peer } = world.connect()
  const call: ProvedLink['call'] = async (method, params) => (await peer.call(method, params)) as never
  const start = client.startLogin(secret)
  const { response } = await call('login.start', { uin, with: kind, request: start.request })
  const proof = client.finishLogin({ uin, kind }, start, response)
  if (proof === null) throw new ImError('WRONG_LOGIN')
  const { bundle } = await call('login.prove', { request: proof.request })
  const keys = openKeyBundle(uin, bundle, kind, proof.exportKey)
  return {
    keys,
    call,
    async replace(next, text) {
      const begun = client.startRegistration(text)
      const answered = await call('record.start', { kind: next, request: begun.request })
      const { record, exportKey } = client.finishRegistration({ uin, kind: next }, begun, answered.response)
      const { wrap, recoveryWrap } = rewrapKeyBundle(uin, bundle, keys.dataKey, next, exportKey, world.host.random)
      await call('record.finish', { kind: next, record, wrap: next === 'password' ? wrap : recoveryWrap })
    },
  }
}
