/** `--run`: an argument vector without a shell; the backup as JSON on its stdin. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Timers } from '../host/host.ts'

/**
 * Killed at the signal. Resolves with null, or with the sentence that says how it failed. The relay keeps that in clear, so
 * nothing of the command stands in it.
 */
export type RunCommand = (command: readonly string[], input: string, signal?: AbortSignal) => Promise<string | null>

const LONGEST_RUN_MS = 10 * 60_000

/** `limitMs`: then it is killed, and what it has started with it. */
export function commandRunner(
  env: Readonly<Record<string, string | undefined>>,
  timers: Timers,
  limitMs = LONGEST_RUN_MS,
): RunCommand {
  return ([program = '', ...args], input, signal) =>
    new Promise((resolve) => {
      // A group of its own, so that no child of it outlives the limit.
      const child = spawn(program, args, {
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { ...env },
        windowsHide: true,
        detached: process.platform !== 'win32',
      })
      const stop = (): void => killGroup(child)
      const cancel = timers.after(limitMs, stop)
      signal?.addEventListener('abort', stop, { once: true })
      const end = (failure: string | null): void => {
        cancel()
        signal?.removeEventListener('abort', stop)
        resolve(failure)
      }
      child.once('error', (error: NodeJS.ErrnoException) =>
        end(error.code === 'ENOENT' ? 'There is no such program.' : `It could not be started: ${error.code}.`),
      )
      child.once('exit', (code, signal) => end(code === 0 ? null : `It ended with ${code ?? signal}.`))
      // A command that does not read its input is as good as one that does.
      child.stdin.on('error', () => {})
      child.stdin.end(input)
    })
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
  child.kill('SIGKILL')
}
