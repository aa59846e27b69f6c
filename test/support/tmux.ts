import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { tempDir } from './temp-dir.ts'

/** A tmux of the test's own, killed with all that runs in it when the test ends. */
export interface Tmux {
  /** What a program inside has in its environment. */
  env: Record<string, string>
  run(...args: string[]): string
  /** What the current window shows. */
  pane(): string
  /** Keys by tmux's names (`Enter`), or with `-l` a text. */
  keys(...keys: string[]): void
  /** Somebody looks at it, through an outer tmux whose screen is read. */
  attach(): void
  screen(): string
}

/** Its first window runs the command. */
export async function startTmux(command: readonly string[], env: Record<string, string> = {}): Promise<Tmux> {
  const folder = await tempDir()
  const socket = join(folder, 'inner')
  const outer = join(folder, 'outer')
  const given = { PATH: process.env.PATH ?? '', HOME: folder, TERM: 'xterm', LANG: 'C.UTF-8', SHELL: '/bin/sh', ...env }
  const tmux = (where: string, ...args: string[]) =>
    execFileSync('tmux', ['-u', '-S', where, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: given,
      stdio: 'pipe',
    })
  const run = (...args: string[]) => tmux(socket, ...args)
  onTestFinished(() => {
    for (const where of [outer, socket]) {
      try {
        tmux(where, 'kill-server')
      } catch {
        // It was not started, or has ended.
      }
    }
  })
  run('new-session', '-d', '-x', '160', '-y', '20', '--', ...command)
  const [TMUX = '', TMUX_PANE = '', TTY = ''] = run(
    'display-message',
    '-p',
    '#{socket_path},#{pid},0 #{pane_id} #{pane_tty}',
  )
    .trim()
    .split(' ')
  return {
    env: { TMUX, TMUX_PANE, TTY, TERM: 'screen' },
    run,
    pane: () => run('capture-pane', '-p'),
    keys: (...keys) => void run('send-keys', ...keys),
    attach: () => void tmux(outer, 'new-session', '-d', '-x', '160', '-y', '21', `TMUX= tmux -S '${socket}' attach`),
    screen: () => tmux(outer, 'capture-pane', '-p'),
  }
}
