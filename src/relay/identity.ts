import type { Host } from '../host/host.ts'
import { readPrivateJson, writePrivateFile } from '../host/private-file.ts'
import { ImError } from '../protocol/errors.ts'
import { makeLoginSetup } from '../sealing/login-server.ts'

/** What makes this relay itself. The setup is the root secret of all logins: see docs/operating.md. */
export interface Identity {
  id: string
  loginSetup: string
}

const IDENTITY_BYTES = 4096

/** Null where there is no such file. Throws BAD_FILE for one that is something else. */
export async function readIdentity(path: string): Promise<Identity | null> {
  const kept = await readPrivateJson(path, IDENTITY_BYTES)
  if (kept === null) return null
  const { id, loginSetup } = kept as Partial<Identity>
  if (typeof id === 'string' && typeof loginSetup === 'string') return { id, loginSetup }
  throw new ImError('BAD_FILE', `${path} is no key of a relay`, { hint: 'it is called relay.key' })
}

/** The relay's own, made at its first start. */
export async function identityAt(path: string, host: Pick<Host, 'random'>): Promise<Identity> {
  const kept = await readIdentity(path)
  if (kept !== null) return kept
  const made = { id: Buffer.from(host.random(12)).toString('base64url'), loginSetup: await makeLoginSetup() }
  await writePrivateFile(path, `${JSON.stringify(made)}\n`)
  return made
}
