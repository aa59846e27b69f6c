import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { SELF } from './cli.ts'

export interface RunImOptions {
  env?: Readonly<Record<string, string | undefined>>
  /** What stdin holds. */
  input?: string | undefined
}

/** `im` as a process of its own, to its end. */
export async function runIm(
  args: readonly string[],
  { env = process.env, input = '' }: RunImOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [node, program] = SELF
  const child = spawn(node, [program, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await ended
  return { code, stdout, stderr }
}
