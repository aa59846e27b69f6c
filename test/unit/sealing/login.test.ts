import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type LoginClient, loadLoginClient } from '../../../src/sealing/login-client.ts'
import { type LoginServer, loadLoginServer, makeLoginSetup } from '../../../src/sealing/login-server.ts'
import { DEFAULT_STRETCHING, type LoginIdentity, parseStretched } from '../../../src/sealing/login-wire.ts'
import { ALICE, BOB, EVE, FAST, flipAt, refusal } from './support.ts'

const alice: LoginIdentity = { uin: ALICE, kind: 'password' }
const recovery: LoginIdentity = { uin: ALICE, kind: 'recovery' }
const PASSWORD = 'correct horse'

let client: LoginClient
let server: LoginServer

beforeAll(async () => {
  client = await loadLoginClient(FAST)
  server = await loadLoginServer(await makeLoginSetup(), FAST)
})

function register(identity: LoginIdentity, password: string) {
  const start = client.startRegistration(password)
  return client.finishRegistration(identity, start, server.answerRegistration(identity, start.request))
}

/** Both halves of a login, as far as the client gets. */
function login(identity: LoginIdentity, record: string | null, password: string) {
  const start = client.startLogin(password)
  const { state, response } = server.startLogin(identity, record, start.request)
  const proof = client.finishLogin(identity, start, response)
  return { proof, session: proof && server.finishLogin(state, proof.request) }
}

describe('a login', () => {
  it('with the right password gives both sides a session key, and the client the same export key each time', () => {
    const { record, exportKey } = register(alice, PASSWORD)
    const one = login(alice, record, PASSWORD)
    const two = login(alice, record, PASSWORD)
    expect(one.session?.sessionKey).toBe(one.proof?.sessionKey)
    expect(one.proof?.exportKey).toBe(exportKey)
    expect(two.proof?.exportKey).toBe(exportKey)
    expect(two.proof?.sessionKey).not.toBe(one.proof?.sessionKey)
    expect(Buffer.from(exportKey, 'base64url')).toHaveLength(64)
  })

  it('with a wrong password, or for an unknown UIN, ends at the client with null', () => {
    const { record } = register(alice, PASSWORD)
    expect(login(alice, record, 'correct horsf').proof).toBeNull()
    expect(login(alice, null, PASSWORD).proof).toBeNull()
  })

  it('takes a password typed on another keyboard: composed or not, with any kind of space', () => {
    const { record } = register(alice, 'caf\u00e9 cr\u00e8me')
    expect(login(alice, record, 'cafe\u0301\u00a0cre\u0300me').session).not.toBeNull()
  })

  it('refuses the record of another account, and the recovery record where the password is asked', () => {
    const mine = register(alice, PASSWORD)
    const other = register({ uin: BOB, kind: 'password' }, PASSWORD)
    const rescue = register(recovery, PASSWORD)
    expect(login(alice, other.record, PASSWORD).proof).toBeNull()
    expect(login(alice, rescue.record, PASSWORD).proof).toBeNull()
    expect(login(recovery, mine.record, PASSWORD).proof).toBeNull()
    expect(login(recovery, rescue.record, PASSWORD).proof?.exportKey).toBe(rescue.exportKey)
    expect(rescue.exportKey).not.toBe(mine.exportKey)
  })

  it('is refused to a client whose proof is another one, altered, or none', () => {
    const { record } = register(alice, PASSWORD)
    const start = client.startLogin(PASSWORD)
    const { state, response } = server.startLogin(alice, record, start.request)
    const request = client.finishLogin(alice, start, response)?.request ?? ''
    for (const wrong of ['', 'AAAA', '!', flipAt(request, 5), login(alice, record, PASSWORD).proof?.request ?? '']) {
      expect(server.finishLogin(state, wrong)).toBeNull()
    }
    expect(server.finishLogin(state, request)).not.toBeNull()
  })

  it('is refused by a relay with another setup', async () => {
    const { record } = register(alice, PASSWORD)
    const stranger = await loadLoginServer(await makeLoginSetup(), FAST)
    const start = client.startLogin(PASSWORD)
    const { response } = stranger.startLogin(alice, record, start.request)
    expect(client.finishLogin(alice, start, response)).toBeNull()
  })

  it('answers an unknown UIN in the shape and size of a known one, the same way each time', () => {
    const { record } = register(alice, PASSWORD)
    const { request } = client.startLogin('guess')
    const known = [0, 1].map(() => parseStretched(server.startLogin(alice, record, request).response))
    const unknown = [0, 1].map(() =>
      parseStretched(server.startLogin({ uin: EVE, kind: 'password' }, null, request).response),
    )
    const bytes = (payload: string) => Buffer.from(payload, 'base64url')
    for (const answers of [known, unknown]) {
      const [one, two] = answers.map(({ payload }) => bytes(payload))
      expect(one).toHaveLength(320)
      // The evaluated element is a function of the UIN and the request; the rest is masked afresh.
      expect(one?.subarray(0, 32)).toEqual(two?.subarray(0, 32))
      expect(one?.subarray(32, 64)).not.toEqual(two?.subarray(32, 64))
    }
    expect(known[0]?.stretching).toEqual(unknown[0]?.stretching)
    expect(known[0]?.payload.length).toBe(unknown[0]?.payload.length)
  })
})

describe('stretching', () => {
  it('is that of the record, whatever the client uses for new ones', async () => {
    const other = await loadLoginClient({ memoryKib: 64, iterations: 2, parallelism: 2 })
    const { record, exportKey } = register(alice, PASSWORD)
    const start = other.startLogin(PASSWORD)
    const { response } = server.startLogin(alice, record, start.request)
    expect(parseStretched(response).stretching).toEqual(FAST)
    expect(other.finishLogin(alice, start, response)?.exportKey).toBe(exportKey)
  })

  it('named wrongly by a relay makes the login fail, and nothing else', () => {
    const { record } = register(alice, PASSWORD)
    const start = client.startLogin(PASSWORD)
    const { response } = server.startLogin(alice, record, start.request)
    expect(client.finishLogin(alice, start, response.replace('t=1,', 't=2,'))).toBeNull()
  })

  it('that would keep a client busy for minutes, or is none, is refused', async () => {
    const wrong = [
      'm=4194304,t=1,p=1',
      'm=64,t=17,p=1',
      'm=1024,t=1,p=17',
      'm=8,t=1,p=2',
      'm=0,t=1,p=1',
      'm=64,p=1,t=1',
    ]
    for (const parameters of wrong) {
      expect(await refusal(() => parseStretched(`argon2id$${parameters}$AAAA`))).toBe('malformed')
    }
    for (const text of [
      '',
      'AAAA',
      'argon2id$m=64,t=1,p=1$',
      'argon2i$m=64,t=1,p=1$AAAA',
      'argon2id$m=64,t=1,p=1$A A',
    ]) {
      expect(await refusal(() => parseStretched(text))).toBe('malformed')
    }
  })
})

describe('malformed logins', () => {
  it('are refused by both sides, without a word of what was inside', async () => {
    const { record } = register(alice, PASSWORD)
    const start = client.startLogin(PASSWORD)
    const { payload } = parseStretched(server.startLogin(alice, record, start.request).response)
    expect(
      await refusal(() => client.finishRegistration(alice, client.startRegistration('x'), payload.slice(0, 40))),
    ).toBe('malformed')
    expect(await refusal(() => client.finishLogin(alice, start, payload))).toBe('malformed')
    expect(await refusal(() => client.finishLogin(alice, start, 'argon2id$m=8,t=1,p=1$AAAA'))).toBe('malformed')
    for (const request of ['', 'AAAA', '!', 'A'.repeat(40)]) {
      expect(await refusal(() => server.startLogin(alice, record, request))).toBe('malformed')
      expect(await refusal(() => server.startLogin(alice, null, request))).toBe('malformed')
      expect(await refusal(() => server.answerRegistration(alice, request))).toBe('malformed')
    }
  })

  it('are told from a damaged record and a damaged setup', async () => {
    const { record } = register(alice, PASSWORD)
    expect(server.isRecord(record)).toBe(true)
    for (const wrong of ['', parseStretched(record).payload, record.slice(0, -1), `${record}A`]) {
      expect(server.isRecord(wrong)).toBe(false)
      expect(await refusal(() => server.startLogin(alice, wrong, client.startLogin('x').request))).toBe('damaged')
    }
    expect(await refusal(() => loadLoginServer('AAAA'))).toBe('damaged')
  })
})

/**
 * What RFC 9807's vectors cannot hold (see `opaque-vectors.test.ts`), this recording does: it holds a newer version of the
 * library to what is stored. Records made by this one must open for ever, and to the same keys.
 */
describe('a login recorded once', () => {
  const recorded = JSON.parse(readFileSync(new URL('login-transcript.json', import.meta.url), 'utf8'))

  it('ends the same way again on both sides', async () => {
    const { uin, setup, state, start, response, proof } = recorded
    const identity: LoginIdentity = { uin, kind: 'password' }
    const relay = await loadLoginServer(setup)
    expect(client.finishLogin(identity, start, response)).toEqual(proof)
    expect(relay.finishLogin(state, proof.request)?.sessionKey).toBe(proof.sessionKey)
  })

  it('has a record, with the default stretching, that opens to the same export key in a new login', async () => {
    const { uin, setup, record, start, proof } = recorded
    const identity: LoginIdentity = { uin, kind: 'password' }
    const relay = await loadLoginServer(setup)
    expect(parseStretched(record).stretching).toEqual(DEFAULT_STRETCHING)
    const again = client.startLogin(start.password)
    const { state, response } = relay.startLogin(identity, record, again.request)
    const fresh = client.finishLogin(identity, again, response)
    expect(fresh?.exportKey).toBe(proof.exportKey)
    expect(relay.finishLogin(state, fresh?.request ?? '')?.sessionKey).toBe(fresh?.sessionKey)
  })
})
