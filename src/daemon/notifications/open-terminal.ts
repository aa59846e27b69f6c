import { spawn } from 'node:child_process'
import type { Timers } from '../../host/host.ts'
import { runProgram } from '../../host/run-program.ts'
import type { OpenTerminal } from './notifier.ts'
import type { Env } from './places.ts'
import { terminalCommands } from './terminals.ts'

export interface OpenTerminalOptions {
  env: Env
  platform: NodeJS.Platform
  timers: Timers
  /** The owner's terminal, if there is one in the config. */
  configured: readonly string[] | null
  /** What runs `im` for this profile: a program and its first arguments. */
  self: readonly string[]
}

/** One that fails has failed by then. */
const FAILS_WITHIN_MS = 1_500
const TMUX_WITHIN_MS = 1_000

/** The owner's terminal, else a window in the tmux somebody was last seen in, else a terminal on the newest desktop. */
export function terminalOpener(options: OpenTerminalOptions): OpenTerminal {
  const { env, platform, timers, configured, self } = options
  return async (args, { desktops, terminals }) => {
    const command = [...self, ...args]
    if (configured === null) {
      for (const one of terminals) if (await tmuxWindow(command, { ...env, ...one })) return true
    }
    for (const desktop of desktops) {
      const place = { ...env, ...desktop }
      for (const candidate of terminalCommands(command, { configured, platform, env: place })) {
        if (await starts(candidate, place, timers)) return true
      }
    }
    return false
  }
}

/** A session somebody looks at. tmux runs more than one argument as it is, without a shell. */
async function tmuxWindow(command: readonly string[], env: Env): Promise<boolean> {
  const socket = env.TMUX?.split(',')[0]
  if (!socket) return false
  const tmux = (...args: string[]) => runProgram(['tmux', '-S', socket, ...args], env, TMUX_WITHIN_MS)
  const clients = await tmux('list-clients', '-F', '#{client_name}')
  if (!clients.ok || clients.stdout.trim() === '') return false
  return (await tmux('new-window', '-n', 'im', '--', ...command)).ok
}

/** Some hand over to a server and end at once; one that is still there after a moment stands, too. */
function starts([program = '', ...args]: readonly string[], env: Env, timers: Timers): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: 'ignore', detached: true })
    const cancel = timers.after(FAILS_WITHIN_MS, () => resolve(true))
    const end = (works: boolean): void => {
      cancel()
      resolve(works)
    }
    child.once('error', () => end(false))
    child.once('exit', (code) => end(code === 0))
    child.unref()
  })
}
