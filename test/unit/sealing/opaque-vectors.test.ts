/**
 * RFC 9807, appendix C.1.2 (a known account) and C.2.1 (an unknown one): OPAQUE-3DH over ristretto255-SHA512, through our
 * client and server. The library draws its randomness from `globalThis.crypto`, so that the vectors' can be handed to it.
 *
 * Held byte for byte: the server's public key; registration request and response (blinding, the OPRF key from seed and
 * credential identifier, evaluation); KE1 whole (second blind, nonce, key share from its seed); KE2 up to its MAC
 * (evaluation, masking nonce, masked response, nonce, key share from its seed), for both kinds of account.
 *
 * Not held, since we differ from the vectors on purpose: what lies behind the stretching (theirs is the identity, ours
 * Argon2id: envelope, upload, export key, KE3), and what takes in the context (theirs is "OPAQUE-POC", ours is empty: the
 * MAC of KE2, the session key). A recorded login in `login.test.ts` holds those to what is stored.
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Uin } from '../../../src/domain/uin.ts'
import { loadLoginClient } from '../../../src/sealing/login-client.ts'
import { loadLoginServer } from '../../../src/sealing/login-server.ts'
import { formatStretched, type LoginIdentity, parseStretched } from '../../../src/sealing/login-wire.ts'
import { KNOWN, UNKNOWN } from './opaque-vectors.ts'
import { FAST } from './support.ts'

const KE2_CHARS = 640
const MAC_CHARS = 128

const text = (hex: string) => Buffer.from(hex, 'hex').toString('utf8')
const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
const hex = (payload: string) => Buffer.from(payload, 'base64url').toString('hex')

/** A scalar as the library draws it: 64 bytes, little endian, taken modulo the order of the group. */
const wide = (scalar: string) => scalar + '00'.repeat(32)

/** A setup as opaque-ke keeps it; the last part is the public key that unknown accounts are said to have. */
const setup = ({ oprfSeed, serverPrivateKey }: { oprfSeed: string; serverPrivateKey: string }, madeUp: string) =>
  base64url(`${oprfSeed}${serverPrivateKey}${madeUp}`)

const identityOf = ({ credentialId }: { credentialId: string }): LoginIdentity => ({
  uin: text(credentialId) as Uin,
  kind: 'password',
})

/** What the library draws from now on, in this order. To draw anything else fails the test; `left` is what it did not. */
function draws(...values: readonly string[]): { left: () => number } {
  const queue = values.map((value) => Buffer.from(value, 'hex'))
  vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((array) => {
    const next = queue.shift()
    const into = array as unknown as Uint8Array
    if (next?.length !== into.length) throw new Error(`drew ${into.length} bytes, the vector has ${next?.length}`)
    into.set(next)
    return array
  })
  return { left: () => queue.length }
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** Both answers to a login, without what takes in the context. */
function beforeMac(response: string): string {
  const ke2 = hex(parseStretched(response).payload)
  expect(ke2).toHaveLength(KE2_CHARS)
  return ke2.slice(0, -MAC_CHARS)
}

describe('OPAQUE is that of RFC 9807', () => {
  it('in what a registration asks and is answered', async () => {
    const client = await loadLoginClient(FAST)
    const server = await loadLoginServer(setup(KNOWN, KNOWN.serverPublicKey), FAST)
    const drawn = draws(wide(KNOWN.blindRegistration))
    const { request } = client.startRegistration(text(KNOWN.password))
    expect(drawn.left()).toBe(0)
    expect(hex(request)).toBe(KNOWN.registrationRequest)
    const response = hex(server.answerRegistration(identityOf(KNOWN), request))
    expect(response).toBe(KNOWN.registrationResponse)
    expect(response.endsWith(KNOWN.serverPublicKey)).toBe(true)
  })

  it('in what a login asks', async () => {
    const client = await loadLoginClient(FAST)
    const drawn = draws(wide(KNOWN.blindLogin), KNOWN.clientKeyshareSeed, KNOWN.clientNonce)
    const { request } = client.startLogin(text(KNOWN.password))
    expect(drawn.left()).toBe(0)
    expect(hex(request)).toBe(KNOWN.ke1)
  })

  it('in what a login is answered, up to its MAC', async () => {
    const server = await loadLoginServer(setup(KNOWN, KNOWN.serverPublicKey), FAST)
    const record = formatStretched({ stretching: FAST, payload: base64url(KNOWN.registrationUpload) })
    // The masking key of an unknown account is drawn for a known one too, so that both take as long.
    const madeUp = '00'.repeat(64)
    const drawn = draws(madeUp, KNOWN.maskingNonce, KNOWN.serverKeyshareSeed, KNOWN.serverNonce)
    const { response } = server.startLogin(identityOf(KNOWN), record, base64url(KNOWN.ke1))
    expect(drawn.left()).toBe(0)
    expect(beforeMac(response)).toBe(KNOWN.ke2)
  })

  it('in what a login to an unknown account is answered, up to its MAC', async () => {
    const server = await loadLoginServer(setup(UNKNOWN, UNKNOWN.clientPublicKey), FAST)
    const drawn = draws(UNKNOWN.maskingKey, UNKNOWN.maskingNonce, UNKNOWN.serverKeyshareSeed, UNKNOWN.serverNonce)
    const { response } = server.startLogin(identityOf(UNKNOWN), null, base64url(UNKNOWN.ke1))
    expect(drawn.left()).toBe(0)
    expect(beforeMac(response)).toBe(UNKNOWN.ke2)
  })
})
