/** A relay and one profile that is logged in, with real processes in a directory that goes away. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, type Server, startServer } from './process.ts'

export interface Playground {
  /** The directory of it all. */
  home: string
  /** The relay. */
  server: Server
  env: NodeJS.ProcessEnv
  im(words: readonly string[], input?: string): string
  /** Resolves when the relay has all that Ana's daemon was told: an import may end before. */
  stored(): Promise<void>
  close(): Promise<void>
}

export const LOGIN = ['--password-stdin', '--token-store', 'file']
export const PASSWORD = 'a long enough password\n'

/** Ana is logged in, with twenty reminders; each of `others` is a profile of somebody else. */
export async function playground({ relayToml = '', others = [] as readonly string[] } = {}): Promise<Playground> {
  const home = await mkdtemp(join(tmpdir(), 'im-bench-'))
  const config = join(home, 'relay.toml')
  await writeFile(config, relayToml)
  const where = ['--data', join(home, 'relay'), '--listen', '127.0.0.1:0', '--config', config]
  const server = await startServer(['bin/im.js', 'relay', 'start', ...where, '--json'])
  const env = { ...process.env, IM_HOME: home, IM_RELAY: server.ready.url, IM_NO_INPUT: '1' }
  const tryIm = (words: readonly string[], input = '') =>
    spawnSync(process.execPath, ['bin/im.js', ...words], { env, input, maxBuffer: 64 * 1024 * 1024 })
  const im = (words: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = tryIm(words, input)
    if (status !== 0) throw new Error(`im ${words.join(' ')}: exit ${status}: ${String(stderr)}`)
    return String(stdout)
  }
  const stored = async () => {
    while ((JSON.parse(im(['daemon', 'status', '--json'])) as { outbox: number }).outbox > 0) await pause(100)
  }
  const close = async () => {
    tryIm(['daemon', 'stop'])
    for (const other of others) tryIm(['--profile', other, 'daemon', 'stop'])
    await server.stop()
    await rm(home, { recursive: true, force: true })
  }
  try {
    im(['register', '--nick', 'Ana', ...LOGIN], PASSWORD)
    for (let i = 0; i < 20; i++) im(['remind', `thing ${i}`, '--in', '3d'])
    for (const other of others) im(['--profile', other, 'register', '--nick', other, ...LOGIN], PASSWORD)
  } catch (error) {
    await close()
    throw error
  }
  return { home, server, env, im, stored, close }
}
