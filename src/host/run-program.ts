import { execFile } from 'node:child_process'

export interface ProgramRun {
  ok: boolean
  /** There is no such program. */
  missing: boolean
  stdout: string
  /** The last line of what it complained about. */
  complaint: string
}

const MOST_MS = 20_000

/** Runs a program of the machine to its end, without a shell; it is killed when its time is up. Never rejects. */
export function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs = MOST_MS,
): Promise<ProgramRun> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { env, timeout: timeoutMs, killSignal: 'SIGKILL', windowsHide: true },
      (error, stdout, stderr) => {
        const complaint = stderr.trim().split('\n').at(-1) ?? ''
        resolve({ ok: error === null, missing: error?.code === 'ENOENT', stdout, complaint })
      },
    )
  })
}
