/** Simulated lives a minute, by one process. */
import { spawnSync } from 'node:child_process'
import type { Figure } from './figure.ts'

const LIVES = 200

export async function lives(): Promise<Figure[]> {
  const words = ['scripts/simulate.js', '--seeds', String(LIVES), '--workers', '1']
  const { stdout, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  const aMinute = Number(/: (\d+) a minute/.exec(stdout)?.[1] ?? Number.NaN)
  if (status !== 0) throw new Error(stdout)
  const goal = '2,000 in under a minute with two processes'
  return [{ name: 'simulated lives', unit: 'a minute', value: aMinute, yardstick: null, ratio: null, goal }]
}
