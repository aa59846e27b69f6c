import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeHost } from '../../../src/host/fake-host.ts'
import { openSecrets, type SecretOptions } from '../../../src/host/secrets.ts'
import { sessionBus } from '../../../src/host/session-bus.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function options(env: Record<string, string> = {}): Promise<Omit<SecretOptions, 'choice'>> {
  const filePath = join(await tempDir(), 'token')
  return { account: 'default', filePath, env, platform: 'linux', timers: fakeHost().timers }
}

describe('the token store', () => {
  it('is a file where the session has no bus, and keeps, replaces and forgets the token', async () => {
    const token = await openSecrets({ ...(await options()), choice: 'auto' })
    expect(token.backend).toBe('file')
    expect(await token.get()).toBeNull()
    await token.set('one')
    await token.set('two')
    expect(await token.get()).toBe('two')
    await token.remove()
    await token.remove()
    expect(await token.get()).toBeNull()
  })

  it('says that the keychain is absent when it is asked for by name and the session has no bus', async () => {
    const asked = openSecrets({ ...(await options()), choice: 'keychain' })
    await expect(asked).rejects.toThrow(expect.objectContaining({ reason: 'absent' }))
  })

  it('does not go near the keychain when the file is asked for', async () => {
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' }
    expect((await openSecrets({ ...(await options(env)), choice: 'file' })).backend).toBe('file')
  })
})

describe("the session's bus", () => {
  it('is the address given, never one that would be launched for the asking', () => {
    expect(sessionBus({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/a' })).toBe('unix:path=/a')
    expect(sessionBus({ DBUS_SESSION_BUS_ADDRESS: 'autolaunch:;unix:path=/a' })).toBe('unix:path=/a')
    expect(sessionBus({ DBUS_SESSION_BUS_ADDRESS: 'autolaunch:' })).toBeNull()
    expect(sessionBus({ DBUS_SESSION_BUS_ADDRESS: '' })).toBeNull()
    expect(sessionBus({})).toBeNull()
  })

  it('is else the one in the runtime directory, if there is one', async () => {
    const dir = await tempDir()
    expect(sessionBus({ XDG_RUNTIME_DIR: dir })).toBeNull()
    await writeFile(join(dir, 'bus'), '')
    expect(sessionBus({ XDG_RUNTIME_DIR: dir })).toBe(`unix:path=${join(dir, 'bus')}`)
  })
})
