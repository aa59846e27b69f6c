import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { finished } from '../../src/cli/demo/world.ts'
import { SELF } from '../support/cli.ts'
import { tempDir } from '../support/temp-dir.ts'

async function demo() {
  const directory = await tempDir()
  const child = spawn(SELF[0], [SELF[1], 'demo'], { env: { ...process.env, TMPDIR: directory }, stdio: 'pipe' })
  return { child, left: () => readdirSync(directory) }
}

it('the demo tells its story, every step of it happens, and nothing is left', async () => {
  const { child, left } = await demo()
  const ran = await finished(child)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  for (const step of [
    'backup add',
    'Lunch at noon?',
    'remind',
    'Sent while my machine was off',
    'nothing is left behind',
  ]) {
    expect(ran.stdout).toContain(step)
  }
  expect(left()).toEqual([])
}, 60_000)

it('an interrupted demo leaves nothing either', async () => {
  const { child, left } = await demo()
  const result = finished(child)
  child.stdout?.on('data', (chunk: string) => {
    if (chunk.includes('backup add')) child.kill('SIGINT')
  })
  expect(await result).toMatchObject({ code: 130, stderr: expect.stringContaining('INTERRUPTED') })
  expect(left()).toEqual([])
}, 60_000)
