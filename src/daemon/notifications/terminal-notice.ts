/** Where there is no desktop: the bell of the last terminal, and tmux's line of messages. */
import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { visible } from '../../domain/clean-text.ts'
import { runProgram } from '../../host/run-program.ts'
import { clipped } from './desktop.ts'
import type { Popup } from './notable.ts'
import type { Env } from './places.ts'

/** False: it is not there any more. */
export type ShowOnTerminal = (popup: Popup, terminal: Env) => Promise<boolean>

const LINE_CHARS = 200
const TMUX_WITHIN_MS = 1_000
/** How long tmux shows a message, unless a key is pressed. */
const SHOWN_MS = 15_000

export function terminalNotifier(env: Env): ShowOnTerminal {
  return async (popup, terminal) => {
    const told = await tmuxTold(popup, { ...env, ...terminal })
    const rung = await ring(terminal.TTY)
    return told || rung
  }
}

/** One line that tells all there is; what to do comes before the text, which a narrow terminal cuts off. */
export function noticeLine({ title, body, hint }: Popup): string {
  const head = hint === '' ? title : `${title} (${hint})`
  const said = [head, body].filter((part) => part !== '').join(': ')
  return clipped(visible(`im: ${said}`.replace(/[\n\t]+/g, ' ')), LINE_CHARS)
}

async function tmuxTold(popup: Popup, env: Env): Promise<boolean> {
  const socket = env.TMUX?.split(',')[0]
  if (!socket) return false
  // tmux takes # for a format, which may run a command, and % for a time.
  const line = noticeLine(popup).replaceAll('#', '##').replaceAll('%', '%%')
  const tmux = (...args: string[]) => runProgram(['tmux', '-S', socket, ...args], env, TMUX_WITHIN_MS)
  const clients = await tmux('list-clients', '-F', '#{client_name}')
  if (!clients.ok || clients.stdout.trim() === '') return false
  if ((await tmux('display-message', '-d', `${SHOWN_MS}`, line)).ok) return true
  // Before tmux 3.2 a message stood as long as display-time said.
  return (await tmux('display-message', line)).ok
}

/** Rings the bell of a terminal that is ours: a device of this user, never a file that was put in its place. */
async function ring(path: string | undefined): Promise<boolean> {
  if (path === undefined || !/^\/dev\/(pts\/\d+|tty[\w.]*)$/.test(path)) return false
  try {
    const about = await stat(path)
    if (!about.isCharacterDevice() || about.uid !== process.getuid?.()) return false
    const device = await open(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
    try {
      await device.write('\u0007')
    } finally {
      await device.close()
    }
    return true
  } catch {
    return false
  }
}
