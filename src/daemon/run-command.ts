/** `--run`: an argument vector without a shell; the backup as JSON on its stdin. */
import { spawn } from 'node:child_process'
import type { Timers } from '../host/host.ts'

/**
 * Resolves with null, or with the sentence that says how it failed. The relay keeps it in clear, so that nothing of the
 * command stands in it.
 */
export type RunCommand = (command: readonly string[], input: string) => Promise<string | null>

const LONGEST_RUN_MS = 10 * 60_000

export function commandRunner(env: Readonly<Record<string, string | undefined>>, timers: Timers): RunCommand {
  return ([program = '', ...args], input) =>
    new Promise((resolve) => {
      const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], env: { ...env }, windowsHide: true })
      const cancel = timers.after(LONGEST_RUN_MS, () => child.kill('SIGKILL'))
      const end = (failure: string | null): void => {
        cancel()
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
