// Fuzzes both links for as long as asked: npm run fuzz -- --frames 1000000 --seed 7
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '20261122' } },
})
for (const [name, value] of Object.entries(values)) {
  if (!/^\d+$/.test(value)) throw new Error(`--${name} is a number, not ${value}`)
}

const { status } = spawnSync(
  process.execPath,
  [fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url)), 'run', 'test/fuzz'],
  {
    stdio: 'inherit',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, IM_FUZZ_FRAMES: values.frames, IM_FUZZ_SEED: values.seed },
  },
)
process.exitCode = status ?? 1
