/** The daemon's half of OPAQUE (RFC 9807): the password is used here and nowhere else. */
import type { ExportKey } from './key-bundle.ts'
import {
  DEFAULT_STRETCHING,
  formatStretched,
  identifiersOf,
  type LoginIdentity,
  parseStretched,
  type Stretching,
} from './login-wire.ts'
import { SealError } from './seal-error.ts'

/** Between the two steps, in memory only. `request` goes to the relay, the rest stays. */
export interface LoginStart {
  request: string
  state: string
  password: string
}

export interface Registration {
  /** For the relay to keep. */
  record: string
  exportKey: ExportKey
}

export interface LoginProof {
  /** Proves the password to the relay. */
  request: string
  /** Known to the relay too, once it has taken the proof. */
  sessionKey: string
  exportKey: ExportKey
}

/** Each `finish` blocks for as long as the stretching takes. */
export interface LoginClient {
  startRegistration(password: string): LoginStart
  /** Throws SealError `malformed` for an answer that is none. */
  finishRegistration(identity: LoginIdentity, start: LoginStart, response: string): Registration
  startLogin(password: string): LoginStart
  /** Null: wrong password, no such account, or a relay that does not hold its record. Throws as above. */
  finishLogin(identity: LoginIdentity, start: LoginStart, response: string): LoginProof | null
}

/**
 * A password as it is hashed: NFC, every kind of space as U+0020 (RFC 8265, 4.2.1), so that it is the same from every
 * keyboard.
 */
function prepare(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}

function keyStretching({ memoryKib, iterations, parallelism }: Stretching) {
  return { 'argon2id-custom': { memory: memoryKib, iterations, parallelism } }
}

function orMalformed<T>(step: () => T): T {
  try {
    return step()
  } catch (cause) {
    throw new SealError('malformed', "login: the relay's answer is none", cause)
  }
}

/**
 * Loads OPAQUE (WASM: 25 ms, and the memory of the stretching until the process ends). `stretching` is what new
 * records get: chosen here and not by the relay, which could otherwise ask for one that is easy to guess against.
 */
export async function loadLoginClient(stretching: Stretching = DEFAULT_STRETCHING): Promise<LoginClient> {
  const { client, ready } = await import('@serenity-kit/opaque')
  await ready
  return {
    startRegistration(typed) {
      const password = prepare(typed)
      const { clientRegistrationState, registrationRequest } = client.startRegistration({ password })
      return { request: registrationRequest, state: clientRegistrationState, password }
    },

    finishRegistration(identity, { state, password }, response) {
      const { registrationRecord, exportKey } = orMalformed(() =>
        client.finishRegistration({
          password,
          clientRegistrationState: state,
          registrationResponse: response,
          identifiers: identifiersOf(identity),
          keyStretching: keyStretching(stretching),
        }),
      )
      return { record: formatStretched({ stretching, payload: registrationRecord }), exportKey }
    },

    startLogin(typed) {
      const password = prepare(typed)
      const { clientLoginState, startLoginRequest } = client.startLogin({ password })
      return { request: startLoginRequest, state: clientLoginState, password }
    },

    finishLogin(identity, { state, password }, response) {
      const stretched = parseStretched(response)
      const proof = orMalformed(() =>
        client.finishLogin({
          password,
          clientLoginState: state,
          loginResponse: stretched.payload,
          identifiers: identifiersOf(identity),
          keyStretching: keyStretching(stretched.stretching),
        }),
      )
      if (proof === undefined) return null
      return { request: proof.finishLoginRequest, sessionKey: proof.sessionKey, exportKey: proof.exportKey }
    },
  }
}
