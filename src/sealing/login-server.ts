/** The relay's half of OPAQUE (RFC 9807): it learns whether a password is right, never the password. */
import {
  credentialOf,
  DEFAULT_STRETCHING,
  formatStretched,
  identifiersOf,
  type LoginIdentity,
  parseStretched,
  type Stretched,
  type Stretching,
} from './login-wire.ts'
import { SealError } from './seal-error.ts'

export interface LoginServer {
  /** Throws SealError `malformed` for a request that is none. */
  answerRegistration(identity: LoginIdentity, request: string): string
  /** Whether what a client calls its record has the form of one. Wrong bytes in it harm only that client. */
  isRecord(record: string): boolean
  /**
   * `record`: null for an unknown UIN, which is answered alike, in size and in work. `state` is for `finishLogin`, once,
   * and for this identity alone.
   * Throws SealError: `malformed` for a request that is none, `damaged` for a kept record that is none.
   */
  startLogin(identity: LoginIdentity, record: string | null, request: string): { state: string; response: string }
  /** Null: the client did not know the password, or sent no proof at all. */
  finishLogin(state: string, request: string): { sessionKey: string } | null
}

const RECORD_CHARS = 256

/** A new root secret for a relay. Who loses it loses every login; who has it and the records can guess passwords. */
export async function makeLoginSetup(): Promise<string> {
  const { ready, server } = await import('@serenity-kit/opaque')
  await ready
  return server.createSetup()
}

function parseRecord(record: string): Stretched | null {
  try {
    const stretched = parseStretched(record)
    return stretched.payload.length === RECORD_CHARS ? stretched : null
  } catch {
    return null
  }
}

function orMalformed<T>(step: () => T): T {
  try {
    return step()
  } catch (cause) {
    throw new SealError('malformed', 'login: not a request', cause)
  }
}

/**
 * Loads OPAQUE (WASM). `unknown`: the stretching that unknown UINs are said to have, the same as that of new records,
 * or an answer tells who has an account. Throws SealError `damaged` if the setup is none.
 */
export async function loadLoginServer(
  serverSetup: string,
  unknown: Stretching = DEFAULT_STRETCHING,
): Promise<LoginServer> {
  const { ready, server } = await import('@serenity-kit/opaque')
  await ready
  try {
    server.getPublicKey(serverSetup)
  } catch (cause) {
    throw new SealError('damaged', 'login setup', cause)
  }
  return {
    answerRegistration(identity, request) {
      const userIdentifier = credentialOf(identity)
      const params = { serverSetup, userIdentifier, registrationRequest: request }
      return orMalformed(() => server.createRegistrationResponse(params)).registrationResponse
    },

    isRecord: (record) => parseRecord(record) !== null,

    startLogin(identity, record, request) {
      const kept = record === null ? null : parseRecord(record)
      if (record !== null && kept === null) throw new SealError('damaged', 'login record')
      const { loginResponse, serverLoginState } = orMalformed(() =>
        server.startLogin({
          serverSetup,
          userIdentifier: credentialOf(identity),
          registrationRecord: kept?.payload ?? null,
          startLoginRequest: request,
          identifiers: identifiersOf(identity),
        }),
      )
      const stretching = kept?.stretching ?? unknown
      return { state: serverLoginState, response: formatStretched({ stretching, payload: loginResponse }) }
    },

    finishLogin(state, request) {
      try {
        return server.finishLogin({ serverLoginState: state, finishLoginRequest: request })
      } catch {
        return null
      }
    },
  }
}
