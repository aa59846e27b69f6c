import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { SELF } from './cli.ts'
import { eventually } from './wait-for.ts'
import type { World } from './world.ts'

const run = promisify(execFile)

/** A person at a real terminal: keys go in, and what stands on the screen is looked at. */
export interface TerminalScreen {
  /** Keys as tmux calls them: `Enter`, `C-b`, `M-Enter`; several in one go. */
  keys(...names: string[]): Promise<void>
  /** Characters, as they are. */
  type(text: string): Promise<void>
  /** Bracketed, as a terminal does it. */
  paste(text: string): Promise<void>
  resize(columns: number, rows: number): Promise<void>
  /** The rows from the top of the scrollback, without blanks at their ends. */
  rows(): Promise<string[]>
  /** Column and row on the screen. */
  cursor(): Promise<{ x: number; y: number }>
  /** When all of these stand on the screen, in whatever row. */
  shows(...texts: (string | RegExp)[]): Promise<string[]>
  /** When none of the rows has it. */
  hides(text: string): Promise<void>
}

export interface TerminalOptions {
  columns?: number
  rows?: number
  env?: Readonly<Record<string, string>>
  /** A shell with job control around it. */
  shell?: boolean
}

/** `im` in a terminal of its own, which is gone when the test is. */
export async function terminal(
  { home, relayUrl }: Pick<World, 'home' | 'relayUrl'>,
  profile: string,
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<TerminalScreen> {
  const { columns = 80, rows = 24 } = options
  const name = `im-${randomUUID()}`
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    TERM: 'xterm-256color',
    IM_HOME: home,
    IM_RELAY: relayUrl,
    IM_PROFILE: profile,
    ...options.env,
  }
  const tmux = async (...words: string[]): Promise<string> =>
    (await run('tmux', ['-u', '-L', name, '-f', '/dev/null', ...words], { env, maxBuffer: 16 * 1024 * 1024 })).stdout
  const command = [...SELF, ...args].map(quoted).join(' ')
  // The terminal stays when the program has ended, so that its last words can be read.
  const rest = options.shell ? `bash --norc -i` : `${command}; echo "exit $?"; exec cat`
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), rest)
  onTestFinished(async () => void (await tmux('kill-server').catch(() => {})))
  if (options.shell) await tmux('send-keys', '-l', `${command}\n`)

  const screen: TerminalScreen = {
    keys: async (...names) => void (await tmux('send-keys', ...names)),
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    paste: async (text) => {
      const file = join(home, 'paste')
      writeFileSync(file, text)
      await tmux('load-buffer', file)
      await tmux('paste-buffer', '-p', '-r')
    },
    resize: async (x, y) => void (await tmux('resize-window', '-x', String(x), '-y', String(y))),
    rows: async () => {
      const captured = await tmux('capture-pane', '-p', '-S', '-')
      return captured.trimEnd().split('\n')
    },
    cursor: async () => {
      const [x, y] = (await tmux('display-message', '-p', '#{cursor_x} #{cursor_y}')).trim().split(' ').map(Number)
      return { x: x ?? -1, y: y ?? -1 }
    },
    shows: (...texts) =>
      eventually(async () => {
        const now = await screen.rows()
        for (const text of texts) {
          const found = now.some((row) => (typeof text === 'string' ? row.includes(text) : text.test(row)))
          if (!found) throw new Error(`no row has ${text}:\n${now.join('\n')}`)
        }
        return now
      }, 20_000),
    hides: (text) =>
      eventually(async () => {
        const now = await screen.rows()
        if (now.some((row) => row.includes(text))) throw new Error(`a row still has ${text}:\n${now.join('\n')}`)
      }, 20_000),
  }
  return screen
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
