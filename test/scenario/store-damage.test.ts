import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { bundleChild } from '../support/bundle-child.ts'
import { tempDir } from '../support/temp-dir.ts'

test.each([
  ['flip', 100],
  ['truncate', 20],
])('damage to any file of a store is detected or harmless: %s', async (how, spots) => {
  const outcomes = await damageEverywhere(how, spots)
  // Table, log, manifest, CURRENT and witness: 500 flipped bits and 100 truncations in all.
  expect(outcomes).toHaveLength(5 * spots)
  expect(outcomes.filter((outcome) => outcome.endsWith('wrong'))).toEqual([])
  // All that the log holds is needed, so no damage to it is harmless.
  expect(outcomes.filter((outcome) => outcome.endsWith('.log detected'))).toHaveLength(spots)
})

/** `<file> <outcome>` of every spot; a spot over which the process aborted is `<file> aborted`. */
async function damageEverywhere(how: string, spots: number): Promise<string[]> {
  const dir = await tempDir()
  const program = await bundleChild(dir, 'store-damage-child')
  const outcomes: string[] = []
  for (let aborts = 0; aborts <= spots; aborts++) {
    const args = [program, dir, how, `${spots}`, `${outcomes.length}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const exited = once(child, 'exit')
    const lines = (await text(child.stdout)).split('\n')
    const last = lines.pop() ?? ''
    outcomes.push(...lines)
    const [code, signal] = await exited
    if (code === 0) return outcomes
    // Only LevelDB's own abort, over a spot, is an outcome.
    expect([signal, last]).toEqual(['SIGABRT', expect.stringMatching(/./)])
    outcomes.push(`${last}aborted`)
  }
  throw new Error('the process aborts too often')
}
