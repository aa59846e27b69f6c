import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SIMULATE = fileURLToPath(new URL('../../scripts/simulate.js', import.meta.url))
const SEEDS = 2_000
/** A machine slower than CI's lives fewer lives, and says so. */
const WITHIN_S = 120

async function simulate(...args: readonly string[]): Promise<string> {
  const options = { maxBuffer: 64 * 2 ** 20 }
  try {
    return (await promisify(execFile)(process.execPath, [SIMULATE, ...args], options)).stdout
  } catch (error) {
    const { stdout } = error as { stdout: string }
    throw new Error(stdout, { cause: error })
  }
}

const hashesIn = (output: string) => output.split('\n').filter((line) => /^\d+ [0-9a-f]{64}$/.test(line))

it(`keeps every promise in ${SEEDS} worlds that lose power, links and time`, { timeout: 240_000 }, async ({
  annotate,
}) => {
  const output = await simulate('--seeds', `${SEEDS}`, '--within', `${WITHIN_S}`)
  const figure = output.trim().split('\n').at(-1) ?? ''
  await annotate(figure)
  expect(figure).toMatch(/ 0 failed/)
  expect(Number.parseInt(figure, 10)).toBeGreaterThan(SEEDS / 10)
})

it('lives the same life twice for the same seed, whatever was lived before it', { timeout: 60_000 }, async () => {
  const [together, shared, alone] = await Promise.all([
    simulate('--hashes', '--seed', '1', '--seeds', '24', '--workers', '1'),
    simulate('--hashes', '--seed', '1', '--seeds', '24', '--workers', '3'),
    simulate('--hashes', '--seed', '24', '--seeds', '1'),
  ])
  const first = hashesIn(together)
  expect(new Set(first.map((line) => line.split(' ')[1])).size).toBe(24)
  expect(hashesIn(shared).sort()).toEqual([...first].sort())
  expect(hashesIn(alone)).toEqual(first.slice(-1))
})
