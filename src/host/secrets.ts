import { rm } from 'node:fs/promises'
import { HostError } from './host-error.ts'
import { type Keychain, type KeychainOptions, openKeychain } from './keychain.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

export type SecretBackend = 'keychain' | 'file'

/** One secret in one place. Calls on a keychain fail with a HostError `locked` or `absent`. */
export interface SecretStore {
  readonly backend: SecretBackend
  get(): Promise<string | null>
  set(secret: string): Promise<void>
  remove(): Promise<void>
}

export interface SecretOptions extends Omit<KeychainOptions, 'service'> {
  /** `auto` is for the first time: the caller remembers the backend it got and asks for that from then on. */
  choice: SecretBackend | 'auto'
  /** The entry's name within the keychain. */
  account: string
  /** Where the secret lies, 0600, if it is not in the keychain. */
  filePath: string
}

const SERVICE = 'im'
/** A token is some 50 bytes; whatever is larger is not ours. */
const MAX_BYTES = 4_096

/**
 * `keychain`: throws HostError `absent` if this session cannot have one; whether it is locked shows at the first call.
 * `auto`: the keychain if it can be written now, else the file.
 */
export async function openSecrets(options: SecretOptions): Promise<SecretStore> {
  switch (options.choice) {
    case 'file':
      return fileSecret(options.filePath)
    case 'keychain':
      return keychainSecret(openKeychain({ ...options, service: SERVICE }), options.account)
    case 'auto':
      return (await usableKeychain(options)) ?? fileSecret(options.filePath)
  }
}

async function usableKeychain(options: SecretOptions): Promise<SecretStore | null> {
  try {
    const keychain = openKeychain({ ...options, service: SERVICE })
    await keychain.probe()
    return keychainSecret(keychain, options.account)
  } catch (error) {
    if (error instanceof HostError) return null
    throw error
  }
}

function keychainSecret(keychain: Keychain, account: string): SecretStore {
  return {
    backend: 'keychain',
    get: () => keychain.get(account),
    set: (secret) => keychain.set(account, secret),
    remove: () => keychain.remove(account),
  }
}

function fileSecret(path: string): SecretStore {
  return {
    backend: 'file',
    get: () => readPrivateFile(path, MAX_BYTES),
    set: (secret) => writePrivateFile(path, secret),
    remove: () => rm(path, { force: true }),
  }
}
