/** The real keytar against a real gnome-keyring, each on a session bus of its own. */
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeTimers } from '../../src/host/node-host.ts'
import { openSecrets, type SecretOptions } from '../../src/host/secrets.ts'
import { lacks } from '../support/real-parts.ts'
import { type SessionBus, startSessionBus, stopProcess } from '../support/session-bus.ts'
import { tempDir } from '../support/temp-dir.ts'

const KEYRING = ['--foreground', '--components=secrets']

async function startKeyring(bus: SessionBus, args: readonly string[], stdin = '') {
  const keyring = bus.start('gnome-keyring-daemon', [...args, ...KEYRING], stdin)
  await bus.owned('org.freedesktop.secrets')
  return keyring
}

function open(bus: { env: Record<string, string> }, choice: SecretOptions['choice'], filePath = '/nowhere/token') {
  return openSecrets({ choice, account: 'default', filePath, env: bus.env, platform: 'linux', timers: nodeTimers })
}

const withReason = (reason: string) => expect.objectContaining({ reason })

describe.skipIf(lacks('dbus-daemon', 'gnome-keyring-daemon', 'gdbus'))('the keychain', () => {
  it('keeps the token, gives it back and forgets it', async () => {
    const bus = await startSessionBus()
    await startKeyring(bus, ['--unlock'], '\n')
    const token = await open(bus, 'auto')
    expect(token.backend).toBe('keychain')
    expect(await token.get()).toBeNull()
    await token.set('t0ken "雪" \\')
    expect(await (await open(bus, 'keychain')).get()).toBe('t0ken "雪" \\')
    await token.remove()
    expect(await token.get()).toBeNull()
    await token.remove()
  })

  it('that is locked says so: it neither hangs nor looks empty', async () => {
    const bus = await startSessionBus()
    const unlocked = await startKeyring(bus, ['--unlock'], '\n')
    await (await open(bus, 'keychain')).set('t0ken')
    await stopProcess(unlocked)
    await startKeyring(bus, ['--start'])

    const token = await open(bus, 'keychain')
    await expect(token.get()).rejects.toThrow(withReason('locked'))
    await expect(token.set('other')).rejects.toThrow(withReason('locked'))
    await expect(token.remove()).rejects.toThrow(withReason('locked'))
  })

  it('that is locked is not chosen: the token goes to a file of mode 0600', async () => {
    const bus = await startSessionBus()
    await startKeyring(bus, ['--start'])
    const file = join(await tempDir(), 'token')
    const token = await open(bus, 'auto', file)
    expect(token.backend).toBe('file')
    await token.set('t0ken')
    expect(await token.get()).toBe('t0ken')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('that never answers counts as locked, and soon', async () => {
    const socket = join(await tempDir(), 'bus')
    const silent = createServer(() => {})
    silent.listen(socket)
    onTestFinished(() => void silent.close())
    await once(silent, 'listening')
    const token = await open(
      { env: { PATH: process.env.PATH ?? '', DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` } },
      'keychain',
    )
    await expect(token.get()).rejects.toThrow(withReason('locked'))
  })

  it('of a session whose bus is gone is absent', async () => {
    const gone = { env: { PATH: process.env.PATH ?? '', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' } }
    await expect((await open(gone, 'keychain')).set('t0ken')).rejects.toThrow(withReason('absent'))
  })
})
