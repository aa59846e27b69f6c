/**
 * What an account's keys look like to the relay. A login hands its OPAQUE export key in and gets all keys out:
 * export key -> HKDF -> opens `wrap` (or `recoveryWrap`) -> data key -> opens `privateKeys`.
 */
import { hkdfSync } from 'node:crypto'
import type { Uin } from '../domain/uin.ts'
import type { RandomBytes } from '../host/host.ts'
import type { KeyBundle } from '../protocol/records.ts'
import { KEY_BYTES, open, seal } from './aead.ts'
import { binding, fromBase64url } from './bytes.ts'
import { type AccountKeys, accountKeys, packPrivateKeys, unpackPrivateKeys } from './keys.ts'
import type { LoginKind } from './login-wire.ts'
import { SealError } from './seal-error.ts'

/** Base64url of the 64 bytes OPAQUE gives the client, the same at every login, never known to the relay. */
export type ExportKey = string

const EXPORT_KEY_BYTES = 64
const VERSION = 1

function wrappingKey(exportKey: ExportKey, kind: LoginKind): Uint8Array {
  const secret = fromBase64url(exportKey, 'export key', EXPORT_KEY_BYTES)
  return new Uint8Array(hkdfSync('sha256', secret, '', binding('im/wrapping-key', VERSION, kind), KEY_BYTES))
}

function wrapDataKey(
  dataKey: Uint8Array,
  uin: Uin,
  kind: LoginKind,
  exportKey: ExportKey,
  random: RandomBytes,
): string {
  return seal(wrappingKey(exportKey, kind), dataKey, binding('im/data-key', VERSION, uin, kind), random)
}

/** The public keys are bound too: a relay that exchanges them in the bundle makes it unreadable. */
function privateKeysBinding(uin: Uin, keys: KeyBundle['keys']): Uint8Array {
  return binding('im/private-keys', VERSION, uin, keys.kem, keys.sign)
}

export function makeKeyBundle(
  uin: Uin,
  keys: AccountKeys,
  exportKeys: Readonly<Record<LoginKind, ExportKey>>,
  random: RandomBytes,
): KeyBundle {
  const { dataKey, publicKeys } = keys
  return {
    version: VERSION,
    keys: publicKeys,
    privateKeys: seal(dataKey, packPrivateKeys(keys.privateKeys), privateKeysBinding(uin, publicKeys), random),
    wrap: wrapDataKey(dataKey, uin, 'password', exportKeys.password, random),
    recoveryWrap: wrapDataKey(dataKey, uin, 'recovery', exportKeys.recovery, random),
  }
}

/**
 * The account's keys, by the export key of a login of that kind. Throws SealError: `wrong-key` when the data key does
 * not open, `damaged` when it does and the rest does not, `malformed` for what is no bundle.
 */
export function openKeyBundle(uin: Uin, bundle: KeyBundle, kind: LoginKind, exportKey: ExportKey): AccountKeys {
  if (bundle.version !== VERSION) throw new SealError('malformed', 'key bundle: unknown version')
  const wrap = kind === 'password' ? bundle.wrap : bundle.recoveryWrap
  const bound = binding('im/data-key', VERSION, uin, kind)
  const dataKey = open(wrappingKey(exportKey, kind), wrap, bound, 'data key', 'wrong-key')
  const packed = open(dataKey, bundle.privateKeys, privateKeysBinding(uin, bundle.keys), 'private keys', 'damaged')
  return accountKeys(dataKey, unpackPrivateKeys(packed))
}

/** The bundle after a change of password (or of recovery code): the same keys under the new record's export key. */
export function rewrapKeyBundle(
  uin: Uin,
  bundle: KeyBundle,
  dataKey: Uint8Array,
  kind: LoginKind,
  exportKey: ExportKey,
  random: RandomBytes,
): KeyBundle {
  const wrap = wrapDataKey(dataKey, uin, kind, exportKey, random)
  return kind === 'password' ? { ...bundle, wrap } : { ...bundle, recoveryWrap: wrap }
}
