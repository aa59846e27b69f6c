/** The linter forbids what the style forbids. A rule that has stopped matching looks just like one that is kept. */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../support/source-files.ts'
import { tempDir } from '../support/temp-dir.ts'

const FORBIDDEN = [
  "export { setTimeout } from 'node:timers/promises'",
  "export { setInterval } from 'node:timers'",
  "export { performance } from 'node:perf_hooks'",
  'export const a = Date.now()',
  'export const b = new Date()',
  'export const c = Math.random()',
  'export const d = performance.now()',
  'export const e = AbortSignal.timeout(5)',
  'setTimeout(() => {}, 5)',
  'setInterval(() => {}, 5)',
  'setImmediate(() => {})',
]

it('forbids clock, timers and randomness outside host/ and test/support/', async () => {
  const tree = await tempDir()
  await cp(join(ROOT, 'biome.json'), join(tree, 'biome.json'))
  await cp(join(ROOT, 'scripts/lint-clock.grit'), join(tree, 'scripts/lint-clock.grit'))
  for (const folder of ['src/daemon', 'test/unit', 'src/host', 'test/support']) {
    await mkdir(join(tree, folder), { recursive: true })
    await writeFile(join(tree, folder, 'probe.ts'), `${FORBIDDEN.join('\n')}\n`)
  }
  const complaints = lint(tree)
  const everyLine = FORBIDDEN.map((_, at) => at + 1)
  expect(complaints('src/daemon/probe.ts')).toEqual(everyLine)
  expect(complaints('test/unit/probe.ts')).toEqual(everyLine)
  expect(complaints('src/host/probe.ts')).toEqual([])
  expect(complaints('test/support/probe.ts')).toEqual([])
})

/** The lines of a file that the linter complains about. */
function lint(tree: string): (file: string) => number[] {
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
  const args = [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=100', '--reporter=github', 'src', 'test']
  const { stdout } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' })
  const found = [...stdout.matchAll(/^::error .*?file=([^,]+),line=(\d+),/gm)].map((m) => ({
    file: m[1],
    line: Number(m[2]),
  }))
  return (file) =>
    found
      .filter((one) => one.file?.endsWith(`/${file}`))
      .map(({ line }) => line)
      .sort((a, b) => a - b)
}
