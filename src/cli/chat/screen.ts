/** The window on the terminal: scrollback through `<Static>`, and the live rows under it. */
import { Box, render, Static, Text, useCursor } from 'ink'
import { createElement, Fragment, type ReactNode } from 'react'
import { columns as widthOfText } from './graphemes.ts'
import type { Live } from './live.ts'
import type { Line, Span, Tone } from './style.ts'

export interface Frame {
  /** All that was ever printed: rows of one entry each. */
  printed: readonly (readonly Line[])[]
  /** Null: nothing, while somebody else has the terminal. */
  live: Live | null
}

export interface Screen {
  show(frame: Frame): void
  close(): Promise<void>
}

type Look = { color?: string; bold?: boolean; dimColor?: boolean }

const LOOKS: Readonly<Record<Tone, Look>> = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  me: { color: 'green' },
  friend: { color: 'cyan' },
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red' },
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
  const window = (frame: Frame): ReactNode => createElement(Window, { ...frame, hasColour })
  const options = { stdout, exitOnCtrlC: false, patchConsole: false, maxFps: 200 }
  const ink = render(window({ printed: [], live: null }), options)
  return {
    show: (frame) => {
      drawn = frame.live
      ink.rerender(window(frame))
    },
    close: async () => {
      stdout.off('resize', resized)
      ink.unmount()
      await ink.waitUntilExit()
    },
  }
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

function Window({ printed, live, hasColour }: Frame & { hasColour: boolean }): ReactNode {
  const entry = (lines: readonly Line[], at: number): ReactNode =>
    createElement(Box, { key: at, flexDirection: 'column' }, rowsOf(lines, hasColour))
  // biome-ignore lint/correctness/noChildrenProp: what Static wants is a function of an item, and no child
  const history = createElement(Static<readonly Line[]>, { items: [...printed], children: entry })
  return createElement(Fragment, null, history, createElement(LiveRows, { live, hasColour }))
}

function LiveRows({ live, hasColour }: { live: Live | null; hasColour: boolean }): ReactNode {
  const { setCursorPosition } = useCursor()
  setCursorPosition(live?.cursor)
  return live === null ? null : createElement(Box, { flexDirection: 'column' }, rowsOf(live.lines, hasColour))
}

function rowsOf(lines: readonly Line[], hasColour: boolean): ReactNode[] {
  return lines.map((line, at) => createElement(Row, { key: at, line, hasColour }))
}

/** A row without text still takes its place. */
function Row({ line, hasColour }: { line: Line; hasColour: boolean }): ReactNode {
  const spans = line.length === 0 ? [{ text: ' ', tone: 'plain' } as const] : line
  const part = ({ text, tone }: Span, at: number): ReactNode =>
    createElement(Text, { key: at, ...(hasColour ? LOOKS[tone] : {}) }, text)
  return createElement(Text, { wrap: 'truncate' }, spans.map(part))
}

function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOfText(text), 0)
}
