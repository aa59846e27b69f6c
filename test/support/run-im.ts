import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { SELF } from './cli.ts'

/** `im` as a process of its own, to its end. */
export async function runIm(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [node, program] = SELF
  const child = spawn(node, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await ended
  return { code, stdout, stderr }
}
