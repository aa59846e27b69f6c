import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { lives } from '../../../../src/cli/client/lives.ts'

it('a process that runs lives, one that has ended does not', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  expect(lives(child.pid ?? 0)).toBe(true)
  child.kill()
  await once(child, 'exit')
  expect(lives(child.pid ?? 0)).toBe(false)
})

it('one that has ended and that nobody waits for does not, where /proc tells', async () => {
  if (process.platform !== 'linux') return
  // sh starts a child, becomes a program that waits for nobody, and the child ends.
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [chunk]: unknown[] = await once(parent.stdout, 'data')
  await expect.poll(() => lives(Number(String(chunk)))).toBe(false)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
})
