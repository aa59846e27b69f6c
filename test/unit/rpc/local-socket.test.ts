import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { socketPathFits } from '../../../src/rpc/local-path.ts'
import {
  connectLocal,
  type ListenLocalOptions,
  type LocalServer,
  listenLocal,
  MAX_LOCAL_FRAME_BYTES,
} from '../../../src/rpc/local-socket.ts'
import type { Channel } from '../../../src/rpc/peer.ts'
import { queue } from '../../support/rpc-links.ts'

let home: string
let path: string
let servers: LocalServer[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'im-local-'))
  path = join(home, 'run', 'im.sock')
  servers = []
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  rmSync(home, { recursive: true })
})

async function listen(options?: ListenLocalOptions) {
  const arrivals = queue<Channel>()
  const server = await listenLocal(path, arrivals.put, options)
  servers.push(server)
  return { server, next: arrivals.take }
}

/** A client that reads, so that it notices a close. */
async function dial(): Promise<void> {
  const channel = await connectLocal(path)
  channel.start(() => {})
}

/** A client that is no channel. */
async function rawClient(allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen })
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  return socket
}

/** Leaves a socket file behind that nobody listens on: the process that made it was killed. */
function leaveStaleSocket(): void {
  mkdirSync(dirname(path), { mode: 0o700 })
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script, path])
  expect(lstatSync(path).isSocket()).toBe(true)
}

test('a daemon may answer with more than it would take itself: ten thousand backups are one list', async () => {
  const { next } = await listen()
  const client = await connectLocal(path)
  const frame = `"${'x'.repeat(MAX_LOCAL_FRAME_BYTES + 1)}"`
  const got = new Promise<string>((resolve) => client.start(resolve))
  const server = await next()
  server.start(() => {})
  server.send(frame)
  expect((await Promise.race([got, client.closed.then(() => '')])).length).toBe(frame.length)
  client.close()
  await server.closed
})

describe('listening', () => {
  test('makes a 0700 directory and a 0600 socket, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      await listen()
    } finally {
      process.umask(before)
    }
    expect(lstatSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
  })

  test('leaves neither socket nor an empty directory behind', async () => {
    const { server } = await listen()
    await server.close()
    expect(existsSync(dirname(path))).toBe(false)
    mkdirSync(dirname(path), { mode: 0o700 })
    writeFileSync(join(dirname(path), 'kept'), '')
    const again = await listen()
    await again.server.close()
    expect(existsSync(join(dirname(path), 'kept'))).toBe(true)
  })

  test('refuses a directory others may enter, and so does connecting', async () => {
    mkdirSync(dirname(path))
    chmodSync(dirname(path), 0o711)
    await expect(listen()).rejects.toMatchObject({ reason: 'unsafe-directory' })
    await expect(connectLocal(path)).rejects.toMatchObject({ reason: 'unsafe-directory' })
    expect(existsSync(path)).toBe(false)
  })

  test('refuses a directory that is a link', async () => {
    mkdirSync(join(home, 'elsewhere'), { mode: 0o700 })
    symlinkSync(join(home, 'elsewhere'), dirname(path))
    await expect(listen()).rejects.toMatchObject({ reason: 'unsafe-directory' })
  })

  test('refuses a path the system would cut, before it touches the disk', async () => {
    path = join(home, 'x'.repeat(100), 'im.sock')
    await expect(listen()).rejects.toMatchObject({ reason: 'path-too-long' })
    await expect(connectLocal(path)).rejects.toMatchObject({ reason: 'path-too-long' })
    expect(existsSync(dirname(path))).toBe(false)
  })

  test.each([
    ['linux', 107],
    ['darwin', 103],
  ] as const)('knows how long a path may be on %s: %i bytes', (platform, bytes) => {
    expect(socketPathFits('x'.repeat(bytes), platform)).toBe(true)
    expect(socketPathFits('x'.repeat(bytes + 1), platform)).toBe(false)
    expect(socketPathFits(`${'x'.repeat(bytes - 1)}ü`, platform)).toBe(false)
  })

  test('refuses a path somebody listens on, and leaves them alone', async () => {
    const first = await listen()
    await expect(listen()).rejects.toMatchObject({ reason: 'in-use' })
    await expect(listen({ unlinkStale: true })).rejects.toMatchObject({ reason: 'in-use' })
    // The first to come is the second daemon, looking whether anybody is there.
    await first.next()
    await dial()
    await first.next()
  })

  test('replaces a stale socket only when told to', async () => {
    leaveStaleSocket()
    await expect(listen()).rejects.toMatchObject({ reason: 'in-use' })
    const { next } = await listen({ unlinkStale: true })
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    await dial()
    await next()
  })

  test('makes its directory again when another socket took it along while this one was on its way', async () => {
    leaveStaleSocket()
    const listening = listen({ unlinkStale: true })
    rmSync(dirname(path), { recursive: true })
    const { next } = await listening
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    await dial()
    await next()
  })

  test('never replaces what is no socket', async () => {
    mkdirSync(dirname(path), { mode: 0o700 })
    writeFileSync(path, 'precious')
    await expect(listen({ unlinkStale: true })).rejects.toMatchObject({ reason: 'in-use' })
    expect(lstatSync(path).size).toBe(8)
  })
})

describe('connecting', () => {
  test('tells nobody is there from a daemon that died', async () => {
    mkdirSync(dirname(path), { mode: 0o700 })
    await expect(connectLocal(path)).rejects.toMatchObject({ code: 'ENOENT' })
    rmSync(dirname(path), { recursive: true })
    await expect(connectLocal(path)).rejects.toMatchObject({ code: 'ENOENT' })
    leaveStaleSocket()
    await expect(connectLocal(path)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('stops when its signal is aborted', async () => {
    const { server } = await listen()
    const abort = new AbortController()
    const connecting = connectLocal(path, abort.signal)
    abort.abort(new Error('changed my mind'))
    await expect(connecting).rejects.toThrow('changed my mind')
    await expect(connectLocal(path, abort.signal)).rejects.toThrow('changed my mind')
    await server.close()
    expect(server.clients).toBe(0)
  })
})

describe('the stream', () => {
  test('may cut frames anywhere, also within a letter, and carry several at once', async () => {
    const { next } = await listen()
    const client = await rawClient()
    const got = queue<string>()
    const channel = await next()
    channel.start(got.put)
    const bytes = Buffer.from('"zażółć 🙂"\n"zwei"\n"drei"\n')
    for (const byte of bytes.subarray(0, 14)) {
      await new Promise((resolve) => client.write(Buffer.from([byte]), resolve))
    }
    client.write(bytes.subarray(14))
    expect([await got.take(), await got.take(), await got.take()]).toEqual(['"zażółć 🙂"', '"zwei"', '"drei"'])
    client.destroy()
  })

  test('closes with 1007 on bytes that are not UTF-8', async () => {
    const { next } = await listen()
    const client = await rawClient()
    const channel = await next()
    channel.start(() => {})
    client.end(Buffer.from([0x22, 0xff, 0x22, 0x0a]))
    expect((await channel.closed).code).toBe(1007)
  })

  test('closes with 1009 on bytes without end', async () => {
    const { next } = await listen()
    const client = await rawClient()
    client.on('error', () => {}).resume()
    const channel = await next()
    channel.start(() => {})
    for (let n = 0; n < 5; n++) client.write(Buffer.alloc(1024 * 1024, 'x'))
    expect((await channel.closed).code).toBe(1009)
    client.destroy()
  })

  test('ends with 1006 when the other side goes away without a word', async () => {
    const { next } = await listen()
    const client = await rawClient()
    const channel = await next()
    channel.start(() => {})
    client.destroy()
    expect((await channel.closed).code).toBe(1006)
  })

  test('survives a last line that makes no sense', async () => {
    const { next } = await listen()
    const client = await rawClient()
    const channel = await next()
    channel.start(() => {})
    client.end(':what?\n')
    expect(await channel.closed).toEqual({ code: 1005, reason: '' })
  })

  test('a server closes within seconds though a client never lets go', async () => {
    const { server, next } = await listen()
    const client = await rawClient(true)
    client.on('error', () => {})
    await next()
    expect(server.clients).toBe(1)
    await server.close()
    expect(server.clients).toBe(0)
    expect(existsSync(path)).toBe(false)
    client.destroy()
  })
})
