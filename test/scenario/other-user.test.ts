/** Another user of the same machine, who may do all that an account without rights may: a process of another uid. */
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { profilePaths, relaySocket } from '../../src/host/paths.ts'
import { ensurePrivateDir } from '../../src/host/private-dir.ts'
import { readPrivateFile, writePrivateFile } from '../../src/host/private-file.ts'
import { connectLocal, listenLocal } from '../../src/rpc/local-socket.ts'
import { cliHome } from '../support/cli.ts'
import { asOtherUser, lacksOtherUser } from '../support/other-user.ts'
import { startRelay } from '../support/relay-process.ts'
import { tempDir } from '../support/temp-dir.ts'
import { world } from '../support/world.ts'

const CONNECT = `
  require('net').connect(process.argv[1])
    .on('connect', () => { console.log('connected'); process.exit() })
    .on('error', (error) => { console.log(error.code); process.exit() })`
const READ = `try { console.log(require('fs').readFileSync(process.argv[1], 'utf8')) } catch (error) { console.log(error.code) }`
const LIST = `try { console.log(require('fs').readdirSync(process.argv[1]).join()) } catch (error) { console.log(error.code) }`
const MAKE = `require('fs').mkdirSync(process.argv[1], { mode: 0o777 }); require('fs').chmodSync(process.argv[1], 0o777)`
const LINK = `require('fs').symlinkSync(process.argv[2], process.argv[1])`
const LISTEN = `
  require('net').createServer().listen(process.argv[1], () => {
    require('fs').chmodSync(process.argv[1], 0o777)
    process.exit() // the file stays, as after a kill
  })`

/** A directory anybody may reach, as a home under /home is. */
async function openDir(): Promise<string> {
  const dir = await tempDir()
  await chmod(dir, 0o755)
  return dir
}

/** A profile whose socket had to move to /tmp, and its directory there, which is gone with the test. */
async function longProfile(): Promise<{ socket: string; moved: string }> {
  const home = join(await openDir(), 'a-long-name'.repeat(12))
  const { socket } = profilePaths({ env: { IM_HOME: home }, platform: process.platform, profile: 'default' })
  const moved = dirname(socket)
  expect(moved).toMatch(/^\/tmp\/im-0-[0-9a-f]{16}$/)
  onTestFinished(() => rmSync(moved, { recursive: true, force: true }))
  return { socket, moved }
}

describe.skipIf(lacksOtherUser())('another local user', () => {
  it('is another one here, and reaches what is open', async () => {
    const socket = join(await openDir(), 'open.sock')
    const server = createServer().listen(socket)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    chmodSync(socket, 0o777)
    expect(await asOtherUser(CONNECT, socket)).toBe('connected')
    expect(await asOtherUser('console.log(process.getuid())')).toBe('65534')
  })

  it('reaches neither socket nor token nor directory of a daemon, nor the operator of a relay', async () => {
    const w = await world()
    await chmod(w.home, 0o755)
    await w.register('ana')
    const paths = profilePaths({ env: { IM_HOME: w.home }, platform: process.platform, profile: 'ana' })
    expect(await stat(paths.socket)).toMatchObject({ uid: 0 })
    expect(await asOtherUser(CONNECT, paths.socket)).toBe('EACCES')
    for (const file of [paths.tokenFile, paths.daemonFile, paths.logFile]) {
      expect(existsSync(file)).toBe(true)
      expect(await asOtherUser(READ, file)).toBe('EACCES')
    }
    for (const dir of [paths.data, paths.state, dirname(paths.socket)])
      expect(await asOtherUser(LIST, dir)).toBe('EACCES')

    const data = join(w.home, 'relay')
    expect(await asOtherUser(CONNECT, relaySocket(data, process.platform))).toBe('EACCES')
    for (const file of ['relay.key', 'witness']) expect(await asOtherUser(READ, join(data, file))).toBe('EACCES')
  })

  it('cannot read the key of a certificate, even one level down a directory that was open before', async () => {
    const data = join(await openDir(), 'relay')
    await mkdir(data, { mode: 0o777 })
    chmodSync(data, 0o777)
    const relay = await startRelay(data, ['--self-signed'])
    onTestFinished(async () => void (await relay.stop()))
    for (const name of ['tls-key.pem', 'relay.key']) {
      expect((await stat(join(data, name))).mode & 0o777).toBe(0o600)
      expect(await asOtherUser(READ, join(data, name))).toBe('EACCES')
    }
  })

  it('cannot be in the socket directory first: nobody listens there, and nobody connects', async () => {
    const { socket, moved } = await longProfile()
    await asOtherUser(MAKE, moved)
    await asOtherUser(LISTEN, socket)
    await expect(listenLocal(socket, () => {}, { unlinkStale: true })).rejects.toThrow('belongs to somebody else')
    await expect(connectLocal(socket)).rejects.toThrow('belongs to somebody else')
    expect(await readdir(moved)).toEqual(['daemon.sock'])
  })

  it('cannot lead the socket elsewhere by a link, not even into a directory of ours', async () => {
    const { socket, moved } = await longProfile()
    const ours = join(await openDir(), 'ours')
    mkdirSync(ours, { mode: 0o700 })
    await asOtherUser(LINK, moved, ours)
    await expect(listenLocal(socket, () => {})).rejects.toThrow('is no directory')
    await expect(connectLocal(socket)).rejects.toThrow('is no directory')
    expect(await readdir(ours)).toEqual([])
  })

  it('cannot lead private files elsewhere by a link or a file of their own', async () => {
    const dir = await openDir()
    const shared = join(dir, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    const token = join(shared, 'token.json')
    await asOtherUser(LINK, token, join(dir, 'secret'))
    await expect(readPrivateFile(token, 100)).rejects.toMatchObject({ reason: 'insecure' })
    await writePrivateFile(token, 'ours')
    expect(existsSync(join(dir, 'secret'))).toBe(false)
    chownSync(token, 65_534, 65_534)
    await expect(readPrivateFile(token, 100)).rejects.toMatchObject({ reason: 'insecure' })
    await asOtherUser(MAKE, join(shared, 'data'))
    expect(() => ensurePrivateDir(join(shared, 'data'))).toThrow(expect.objectContaining({ reason: 'insecure' }))
  })

  it('who was there first is told about by every verb: an error with a code, and nothing is sent', async () => {
    using cli = cliHome()
    chmodSync(cli.home, 0o755)
    const { socket, state } = cli.paths
    mkdirSync(state, { recursive: true })
    mkdirSync(dirname(socket), { mode: 0o777 })
    chownSync(dirname(socket), 65_534, 65_534)
    const ran = await cli.im(['whoami'])
    expect(ran).toMatchObject({ code: 9, stderr: expect.stringContaining('belongs to somebody else') })
    const data = join(cli.home, 'relay')
    mkdirSync(join(data, 'elsewhere'), { recursive: true })
    symlinkSync(join(data, 'elsewhere'), join(data, 'run'))
    const status = await cli.im(['relay', 'status'])
    expect(status).toMatchObject({ code: 3, stderr: expect.stringMatching(/is no directory.*RELAY_UNREACHABLE/) })
  })
})

it('a socket path that the system would cut off is refused before anything is opened', async () => {
  const path = join(await tempDir(), 'x'.repeat(120), 'daemon.sock')
  await expect(listenLocal(path, () => {})).rejects.toThrow('too long')
  await expect(connectLocal(path)).rejects.toThrow('too long')
  expect(existsSync(dirname(path))).toBe(false)
})
