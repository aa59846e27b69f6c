/** A relay and one profile that is logged in, with real processes in a directory that goes away. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from './process.ts'

export interface Playground {
  env: NodeJS.ProcessEnv
  im(words: readonly string[], input?: string): string
  close(): Promise<void>
}

export async function playground({ relayToml = '' } = {}): Promise<Playground> {
  const home = await mkdtemp(join(tmpdir(), 'im-bench-'))
  const config = join(home, 'relay.toml')
  await writeFile(config, relayToml)
  const server = await startServer([
    'bin/im.js',
    'relay',
    'start',
    '--data',
    join(home, 'relay'),
    '--listen',
    '127.0.0.1:0',
    '--config',
    config,
    '--json',
  ])
  const env = { ...process.env, IM_HOME: home, IM_RELAY: server.ready.url, IM_NO_INPUT: '1' }
  const im = (words: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/im.js', ...words], { env, input })
    if (status !== 0) throw new Error(`im ${words.join(' ')}: exit ${status}: ${String(stderr)}`)
    return String(stdout)
  }
  const place: Playground = {
    env,
    im,
    async close() {
      im(['daemon', 'stop'])
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
  im(['register', '--nick', 'Ana', '--password-stdin', '--token-store', 'file'], 'a long enough password\n')
  for (let i = 0; i < 20; i++) im(['remind', `thing ${i}`, '--in', '3d'])
  return place
}
