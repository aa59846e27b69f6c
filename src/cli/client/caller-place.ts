/** Where the caller is, for the daemon to reach a person there: the desktop's variables and the terminal. */
import { readlinkSync } from 'node:fs'
import { DESKTOP_VARIABLES, TERMINAL_VARIABLES } from '../../host/caller-variables.ts'
import type { Io } from '../io.ts'

export function callerPlace(io: Io): Record<string, string> {
  const place: Record<string, string> = {}
  for (const name of [...DESKTOP_VARIABLES, ...TERMINAL_VARIABLES]) {
    const value = io.env[name]
    if (value) place[name] = value
  }
  const tty = callerTty(io)
  if (tty) place.TTY = tty
  return place
}

/** The device file of the terminal. Linux says it; elsewhere ssh does, and gpg's users do. */
function callerTty({ stderr, stdin, platform, env }: Io): string | null {
  const fd = stderr.isTTY === true ? 2 : stdin.isTTY === true ? 0 : null
  if (fd === null) return null
  if (platform !== 'linux') return env.SSH_TTY || env.GPG_TTY || null
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return null
  }
}
