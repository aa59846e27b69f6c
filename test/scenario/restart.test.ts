/** What follows a daemon goes on when the daemon is restarted under it. */
import { spawn } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { SELF } from '../support/cli.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

it('im watch and im daemon logs -f follow through a restart and miss nothing', { timeout: 60_000 }, async () => {
  const w = await world()
  await w.register('ana')
  const texts = (json: readonly Record<string, unknown>[]) =>
    json.map(({ message }) => (message as { text: string }).text)
  const watching = w.im('ana', [
    'watch',
    '--type',
    'message',
    '--after',
    '1:0',
    '--count',
    '3',
    '--json',
    '--timeout',
    '40s',
  ])
  const logging = spawn(process.execPath, [SELF[1], 'daemon', 'logs', '-f', '--profile', 'ana'], {
    env: { ...process.env, IM_HOME: w.home },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void logging.kill())
  let logged = ''
  logging.stdout.on('data', (chunk: Buffer) => {
    logged += chunk
  })
  await w.im('ana', ['send', 'me', 'before'])
  await w.im('ana', ['daemon', 'restart'])
  await w.im('ana', ['send', 'me', 'after'])
  await w.im('ana', ['daemon', 'stop'])
  await w.im('ana', ['send', 'me', 'after it was stopped'])
  const watched = await watching
  expect(watched).toMatchObject({ code: 0, stderr: '' })
  expect(texts(watched.json)).toEqual(['before', 'after', 'after it was stopped'])
  await eventually(() => expect(logged.match(/"event":"daemon started"/g)).toHaveLength(3))
})
