/** What starts a terminal with a command in it: argument vectors, tried one after another. */
import { basename } from 'node:path'
import type { Env } from './places.ts'

/** Known terminals, by what stands between their name and the command. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'xdg-terminal-exec': [],
  'gnome-terminal': ['--'],
  konsole: ['-e'],
  kitty: [],
  alacritty: ['-e'],
  foot: [],
  wezterm: ['start', '--'],
  ptyxis: ['--'],
  'xfce4-terminal': ['-x'],
  xterm: ['-e'],
}

/** Terminal.app takes a line and no arguments: AppleScript quotes each. */
const TERMINAL_APP = [
  'on run argv',
  'set line_ to ""',
  'repeat with word_ in argv',
  'set line_ to line_ & quoted form of word_ & " "',
  'end repeat',
  'tell application "Terminal"',
  'activate',
  'do script line_',
  'end tell',
  'end run',
]

/** The owner's own choice alone where there is one; a graphical one only where there is a display. */
export function terminalCommands(
  command: readonly string[],
  where: { configured: readonly string[] | null; platform: NodeJS.Platform; env: Env },
): (readonly string[])[] {
  const { configured, platform, env } = where
  if (configured !== null) return [[...configured, ...command]]
  if (platform === 'darwin') return [['osascript', ...TERMINAL_APP.flatMap((line) => ['-e', line]), ...command]]
  if (platform === 'win32') return [['wt.exe', 'new-tab', '--', ...command]]
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return []
  const preferred = env.TERMINAL ? [[env.TERMINAL, ...(KNOWN[basename(env.TERMINAL)] ?? ['-e']), ...command]] : []
  return [...preferred, ...Object.entries(KNOWN).map(([name, between]) => [name, ...between, ...command])]
}
