/** The window on the terminal: rows that go into the scrollback for good, and the live rows under them. */
import { Box, render, Text, useCursor, useStdout } from 'ink'
import { createElement, type ReactNode } from 'react'
import { columns as widthOfText } from './graphemes.ts'
import type { Live } from './live.ts'
import type { Line, Tone } from './style.ts'

export interface Screen {
  /**
   * `printed`: what goes above the live rows; nothing keeps it.
   * `live`: null while somebody else has the terminal.
   */
  show(printed: readonly Line[], live: Live | null): void
  close(): Promise<void>
}

/** What a terminal is told before a text, and after it. */
const LOOKS: Readonly<Record<Tone, readonly [string, string]>> = {
  plain: ['', ''],
  dim: ['\x1b[2m', '\x1b[22m'],
  strong: ['\x1b[1m', '\x1b[22m'],
  me: ['\x1b[32m', '\x1b[39m'],
  friend: ['\x1b[36m', '\x1b[39m'],
  good: ['\x1b[32m', '\x1b[39m'],
  warn: ['\x1b[33m', '\x1b[39m'],
  bad: ['\x1b[31m', '\x1b[39m'],
}

export interface ScreenOptions {
  hasColour: boolean
  /** The terminal breaks rows anew when it becomes narrower. */
  reflows: boolean
}

export function openScreen(stdout: NodeJS.WriteStream, { hasColour, reflows }: ScreenOptions): Screen {
  let drawn: Live | null = null
  let { columns } = stdout
  const resized = (): void => {
    if (reflows && drawn !== null && stdout.columns < columns) stdout.write(settled(drawn, stdout.columns))
    columns = stdout.columns
  }
  // Before Ink looks: it would take the rows for as many as it drew, and leave the others behind.
  stdout.on('resize', resized)
  const text = (line: Line): string => inked(line, hasColour)
  let write: (rows: string) => void = () => {}
  const hand = (given: typeof write): void => {
    write = given
  }
  const rows = (live: Live | null): ReactNode => createElement(Rows, { live, text, hand })
  const options = { stdout: endless(stdout), exitOnCtrlC: false, patchConsole: false, maxFps: 200 }
  const ink = render(rows(null), options)
  return {
    show: (printed, live) => {
      drawn = live
      // Not through <Static>, which keeps all it ever printed.
      if (printed.length > 0) write(printed.map((line) => `${text(line)}\n`).join(''))
      ink.rerender(rows(live))
    },
    close: async () => {
      stdout.off('resize', resized)
      ink.unmount()
      await ink.waitUntilExit()
    },
  }
}

/** The terminal without its height: where that becomes less than what is drawn Ink clears all, the scrollback too. */
function endless(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
  return new Proxy(stdout, { get: (target, key) => (key === 'rows' ? undefined : Reflect.get(target, key)) })
}

/** Clears rows that the terminal has broken anew, and puts the cursor where it stood among as many rows as before. */
export function settled({ lines, cursor }: Live, columns: number): string {
  const heights = lines.map((line) => Math.max(1, Math.ceil(widthOf(line) / columns)))
  const above = heights.slice(0, cursor.y).reduce((sum, height) => sum + height, Math.floor(cursor.x / columns))
  const up = (rows: number): string => (rows > 0 ? `\x1b[${rows}A` : '')
  return `${up(above)}\r\x1b[J${'\n'.repeat(lines.length)}${up(lines.length - cursor.y)}`
}

/** xterm, the Linux console and GNU screen cut rows off; all others known break them. */
export function doesReflow(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.TMUX) return true
  return !env.XTERM_VERSION && env.TERM !== 'linux' && !env.TERM?.startsWith('screen')
}

interface RowsProps {
  live: Live | null
  text: (line: Line) => string
  /** Is given what writes above the rows. */
  hand: (write: (rows: string) => void) => void
}

function Rows({ live, text, hand }: RowsProps): ReactNode {
  const { setCursorPosition } = useCursor()
  hand(useStdout().write)
  setCursorPosition(live?.cursor)
  if (live === null) return null
  // A row without text still takes its place.
  const row = (line: Line, key: number): ReactNode => createElement(Text, { key, wrap: 'truncate' }, text(line) || ' ')
  return createElement(Box, { flexDirection: 'column' }, live.lines.map(row))
}

/** As a terminal takes it. */
function inked(line: Line, hasColour: boolean): string {
  return line.map(({ text, tone }) => (hasColour && text !== '' ? LOOKS[tone].join(text) : text)).join('')
}

function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOfText(text), 0)
}
