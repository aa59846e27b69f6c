/** A login that takes anybody: OPAQUE draws randomness of its own, and what it protects is not what a run is about. */
import { createHash } from 'node:crypto'
import type { LoginWork } from '../../src/daemon/login/login-work.ts'
import type { LoginServer } from '../../src/sealing/login-server.ts'
import type { LoginIdentity } from '../../src/sealing/login-wire.ts'

const exportKeyOf = ({ uin, kind }: LoginIdentity) =>
  createHash('sha512').update(`export key of ${uin} ${kind}`).digest('base64url')

export const anybodysWork: LoginWork = {
  startRegistration: async (password) => ({ request: 'request', state: 'state', password }),
  finishRegistration: async (identity) => ({ record: 'record', exportKey: exportKeyOf(identity) }),
  startLogin: async (password) => ({ request: 'request', state: 'state', password }),
  finishLogin: async (identity) => ({ request: 'proof', sessionKey: 'key', exportKey: exportKeyOf(identity) }),
  close: async () => {},
}

export const anybodysServer: LoginServer = {
  answerRegistration: () => 'response',
  isRecord: () => true,
  startLogin: () => ({ state: 'state', response: 'response' }),
  finishLogin: () => ({ sessionKey: 'key' }),
}
