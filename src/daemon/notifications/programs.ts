import { execFile } from 'node:child_process'
import type { Env } from './places.ts'

export type Outcome = { ok: true; output: string } | { ok: false; missing: boolean }

/** Runs a program to its end, without a shell; it is killed when its time is up. Never throws. */
export function runProgram(program: string, args: readonly string[], env: Env, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: timeoutMs, killSignal: 'SIGKILL', windowsHide: true }, (error, output) =>
      resolve(error === null ? { ok: true, output } : { ok: false, missing: error.code === 'ENOENT' }),
    )
  })
}
