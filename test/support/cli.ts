import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'
import type { Timers } from '../../src/host/host.ts'
import { nodeClock, nodeTimers } from '../../src/host/node-host.ts'
import { type ProfilePaths, profilePaths } from '../../src/host/paths.ts'

export interface CliOptions {
  env?: Readonly<Record<string, string>>
  /** What stdin holds; bytes where they are no text. */
  input?: string | Uint8Array
  /** stdout is a terminal of this width. */
  terminal?: number
  interrupted?: AbortSignal
  timers?: Timers
  self?: readonly [string, string]
}

export interface CliRun {
  code: number
  stdout: string
  stderr: string
  /** stdout's lines as JSON. */
  json: readonly Record<string, unknown>[]
}

export const SELF = [process.execPath, fileURLToPath(new URL('../../bin/im.js', import.meta.url))] as const

export interface CliHome extends Disposable {
  readonly home: string
  readonly paths: ProfilePaths
  /** Runs the command line in this process; it starts no daemon. */
  im(argv: readonly string[], options?: CliOptions): Promise<CliRun>
}

/** An IM_HOME of its own. */
export function cliHome(name = 'im-cli-'): CliHome {
  const home = mkdtempSync(join(tmpdir(), name))
  const env = { IM_HOME: home, IM_NO_AUTOSTART: '1', TZ: 'UTC' }
  return {
    home,
    paths: profilePaths({ env, platform: process.platform, profile: 'default' }),
    im: (argv, options = {}) => runCli(argv, { ...options, env: { ...env, ...options.env } }),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  }
}

async function runCli(argv: readonly string[], options: CliOptions): Promise<CliRun> {
  const written = { stdout: '', stderr: '' }
  const io: Io = {
    stdin: stdinOf(options.input ?? ''),
    stdout: {
      write: (text) => {
        written.stdout += text
      },
      isTTY: options.terminal !== undefined,
      columns: options.terminal,
    },
    stderr: {
      write: (text) => {
        written.stderr += text
      },
    },
    env: options.env ?? {},
    platform: process.platform,
    clock: nodeClock,
    timers: options.timers ?? nodeTimers,
    onHangup: () => {},
    interrupted: () => options.interrupted ?? new AbortController().signal,
    self: options.self ?? SELF,
  }
  const code = (await main(argv, io)) ?? Number.NaN
  return {
    code,
    ...written,
    get json() {
      const lines = written.stdout.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    },
  }
}

function stdinOf(input: string | Uint8Array): Io['stdin'] {
  return {
    async *[Symbol.asyncIterator]() {
      yield input
    },
  }
}
