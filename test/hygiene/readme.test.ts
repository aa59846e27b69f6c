/** The README's examples are run, by a shell, as a reader would. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { SELF } from '../support/cli.ts'
import { world } from '../support/world.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** What the world of this test has done already, so that only the rest has to be run. */
const DONE = ['npm ci && npm install -g .', 'im relay start &', 'im register --nick Ana']

function examples(): string[] {
  const blocks = [...README.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? '')
  return blocks
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => line !== '')
}

it('fits a screen', () => {
  expect(README.split('\n').length).toBeLessThanOrEqual(60)
})

it('every example works', async () => {
  const lines = examples()
  expect(lines).toEqual(expect.arrayContaining(DONE))
  const { befriend, home, im, register, relayUrl } = await world()
  const [ana, bo] = [await register('ana'), await register('bo')]
  await befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  await im('laptop', ['login', ana, '--password-stdin', '--token-store', 'file'], { input: 'password of ana' })

  const bin = join(home, 'bin')
  mkdirSync(bin)
  symlinkSync(SELF[1], join(bin, 'im'))
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, IM_HOME: home, IM_PROFILE: 'ana', IM_RELAY: relayUrl }
  const script = lines.filter((line) => !DONE.includes(line)).join('\n')
  const { stdout } = await promisify(execFile)('sh', ['-euxc', script], { env })
  expect(stdout).toContain('lunch?')
  expect(stdout).toContain('T09:30:00+09:00')
}, 60_000)
