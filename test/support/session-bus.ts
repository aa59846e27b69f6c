import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { tempDir } from './temp-dir.ts'

/** A D-Bus session of the test's own, with an empty home and no display. */
export interface SessionBus {
  /** What a program of that session has in its environment. */
  env: Record<string, string>
  /** Starts a program in the session; it is stopped when the test ends. */
  start(program: string, args: readonly string[], stdin?: string): ChildProcess
  /** Resolves when somebody owns the name. */
  owned(name: string): Promise<void>
}

export async function startSessionBus(): Promise<SessionBus> {
  const home = await tempDir()
  const runtime = join(home, 'run')
  await mkdir(runtime, { mode: 0o700 })
  const base = { PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: runtime }

  const daemon = startProcess('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address'], base)
  const env = { ...base, DBUS_SESSION_BUS_ADDRESS: await firstLine(daemon) }
  return {
    env,
    start: (program, args, stdin) => startProcess(program, args, env, stdin),
    async owned(name) {
      const [code] = await once(startProcess('gdbus', ['wait', '--session', '--timeout', '10', name], env), 'exit')
      if (code !== 0) throw new Error(`nobody came to own ${name}`)
    },
  }
}

/** The first line a program prints. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('stdout is not a pipe')
  for await (const line of createInterface(child.stdout)) return line
  throw new Error(`${child.spawnfile} printed nothing`)
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

function startProcess(program: string, args: readonly string[], env: Record<string, string>, stdin = ''): ChildProcess {
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  onTestFinished(() => stopProcess(child))
  child.stdin.on('error', () => {}) // one that reads nothing may be gone before this is written
  child.stdin.end(stdin)
  return child
}
