import { createHash } from 'node:crypto'
import type { Host } from '../host/host.ts'
import { readPrivateJson, writePrivateFile } from '../host/private-file.ts'
import { ImError } from '../protocol/errors.ts'
import { makeLoginSetup } from '../sealing/login-server.ts'
import { type Store, StoreError } from '../store/store.ts'
import { OPERATOR } from './friends/invites.ts'

/** What makes this relay itself. The setup is the root secret of all logins: see docs/operating.md. */
export interface Identity {
  id: string
  loginSetup: string
}

const IDENTITY_BYTES = 4096
/** The row that says which key a store belongs to. */
const NOTED = 'key/setup'

/** Null where there is no such file. Throws BAD_FILE for one that is something else. */
export async function readIdentity(path: string): Promise<Identity | null> {
  const kept = await readPrivateJson(path, IDENTITY_BYTES)
  if (kept === null) return null
  const { id, loginSetup } = kept as Partial<Identity>
  if (typeof id === 'string' && typeof loginSetup === 'string') return { id, loginSetup }
  throw new ImError('BAD_FILE', `${path} is no key of a relay`, { hint: 'it is called relay.key' })
}

/** Names the root secret of all logins without telling it: it has far more entropy than anybody can guess. */
export function setupFingerprint(loginSetup: string): string {
  return createHash('sha256').update(`im login setup ${loginSetup}`).digest('hex')
}

interface IdentityOptions {
  path: string
  store: Store
  host: Pick<Host, 'random'>
  /** Whatever the store belongs to, it belongs to this key from now on. */
  takeAny: boolean
}

/**
 * The relay's own, made at its first start. The store notes which it is ({@link noteIdentity}): with another one, or a
 * new one for one that is lost, whoever has registered would be told at each login that the password is wrong. Throws
 * BAD_FILE then.
 */
export async function identityOf({ path, store, host, takeAny }: IdentityOptions): Promise<Identity> {
  const noted = await store.read(OPERATOR, (reader) => reader.get(NOTED))
  const isBound = noted !== undefined && !takeAny
  const kept = await readIdentity(path)
  if (kept === null && isBound) throw notItsKey(`${path} is gone`)
  const own = kept ?? (await makeIdentity(path, host))
  if (isBound && noted !== setupFingerprint(own.loginSetup)) {
    throw notItsKey(`${path} is damaged, or the key of another relay`)
  }
  return own
}

function notItsKey(what: string): ImError {
  return new ImError('BAD_FILE', `${what}: nobody could log in`, {
    hint: 'put the copy back; where there is none: im relay start --new-key',
  })
}

async function makeIdentity(path: string, host: Pick<Host, 'random'>): Promise<Identity> {
  const made = { id: Buffer.from(host.random(12)).toString('base64url'), loginSetup: await makeLoginSetup() }
  await writePrivateFile(path, `${JSON.stringify(made)}\n`)
  return made
}

/** From now on the store belongs to it. */
export async function noteIdentity(store: Store, { loginSetup }: Identity): Promise<void> {
  const value = setupFingerprint(loginSetup)
  try {
    await store.transact([OPERATOR], async ([reader]) => {
      const noted = await reader?.get(NOTED)
      const op = noted === undefined ? ('insert' as const) : ('replace' as const)
      return { writes: [noted === value ? [] : [{ op, key: NOTED, value }]], result: undefined }
    })
  } catch (cause) {
    // A relay on a full disk serves those who read; it is noted at the next start.
    if (!(cause instanceof StoreError && cause.reason === 'full')) throw cause
  }
}
