import { describe, expect, it } from 'vitest'
import { type PathOptions, profilePaths, relayDataDir } from '../../../src/host/paths.ts'

const linux: PathOptions = {
  env: {},
  platform: 'linux',
  base: { config: '/h/.config/im', data: '/h/.local/share/im', log: '/h/.local/state/im' },
}
const bo = (options: Partial<PathOptions> = {}) => profilePaths({ ...linux, ...options, profile: 'bo' })

describe("a profile's paths", () => {
  it("lie in the platform's directories, one folder a profile", () => {
    expect(bo()).toEqual({
      profile: 'bo',
      config: '/h/.config/im/bo',
      data: '/h/.local/share/im/bo',
      state: '/h/.local/state/im/bo',
      runtime: '/h/.local/state/im/bo/run',
      configFile: '/h/.config/im/bo/config.toml',
      store: '/h/.local/share/im/bo/store',
      tokenFile: '/h/.local/share/im/bo/token.json',
      daemonFile: '/h/.local/share/im/bo/daemon.json',
      logFile: '/h/.local/state/im/bo/daemon.log',
      socket: '/h/.local/state/im/bo/run/daemon.sock',
    })
  })

  it('all lie under IM_HOME when that is set, and the relay beside them', () => {
    const env = { IM_HOME: '/x' }
    const paths = bo({ env })
    expect([paths.config, paths.data, paths.state]).toEqual(['/x/bo/config', '/x/bo/data', '/x/bo/state'])
    expect(paths.socket).toBe('/x/bo/state/run/daemon.sock')
    expect(relayDataDir({ ...linux, env })).toBe('/x/relay')
    expect(relayDataDir(linux)).toBe('/h/.local/share/im/relay')
  })

  it('take an empty IM_HOME for none, and make a relative one absolute', () => {
    expect(bo({ env: { IM_HOME: '' } }).data).toBe('/h/.local/share/im/bo')
    expect(bo({ env: { IM_HOME: 'here' } }).data).toBe(`${process.cwd()}/here/bo/data`)
  })

  it("are the same from cron, ssh and desktop, whatever the session's own directories are", () => {
    expect(bo({ env: { XDG_RUNTIME_DIR: '/run/user/1000', TMPDIR: '/var/tmp/u' } })).toEqual(bo())
  })

  it('come from HOME on the real machine', () => {
    expect(profilePaths({ env: {}, platform: 'linux', profile: 'bo' }).data).toMatch(/^\/.+\/im\/bo$/)
  })

  it('refuse a relative XDG directory, which would give each working directory its own daemon', () => {
    const base = { config: '/h/.config/im', data: 'share/im', log: '/h/s/im' }
    expect(() => bo({ base })).toThrow(/must be absolute.*"share\/im"/)
  })
})

describe('the socket', () => {
  const socketOf = (homeBytes: number, platform: NodeJS.Platform) =>
    bo({ env: { IM_HOME: `/${'x'.repeat(homeBytes - 1)}` }, platform })
  const tail = '/bo/state/run/daemon.sock'.length

  it.each([
    ['linux', 107],
    ['darwin', 103],
  ] as const)(
    'on %s stays with the state up to %i bytes and moves to a directory of its own beyond',
    (platform, max) => {
      const fits = socketOf(max - tail, platform)
      expect(Buffer.byteLength(fits.socket)).toBe(max)
      expect(fits.socket).toBe(`${fits.state}/run/daemon.sock`)

      const moved = socketOf(max - tail + 1, platform)
      expect(moved.socket).toMatch(/^\/tmp\/im-\d+-[0-9a-f]{16}\/daemon\.sock$/)
      expect(moved.runtime).toBe(moved.socket.replace('/daemon.sock', ''))
      expect(socketOf(max - tail + 2, platform).socket).not.toBe(moved.socket)
    },
  )

  it('counts bytes, not characters', () => {
    expect(bo({ env: { IM_HOME: `/${'雪'.repeat(30)}` } }).socket).toMatch(/^\/tmp\/im-/)
  })

  it('is a named pipe on Windows', () => {
    expect(bo({ platform: 'win32' }).socket).toMatch(/^\\\\\.\\pipe\\im-daemon-[0-9a-f]{16}$/)
  })
})

describe("a profile's name", () => {
  it.each(['', 'Bo', 'a/b', '..', 'a b', 'x'.repeat(33), 'é', 'relay'])('cannot be %j', (profile) => {
    expect(() => profilePaths({ ...linux, profile })).toThrow(expect.objectContaining({ reason: 'usage' }))
  })

  it.each(['default', 'bo_2-x', 'x'.repeat(32), '0'])('can be %j', (profile) => {
    expect(profilePaths({ ...linux, profile }).profile).toBe(profile)
  })
})
