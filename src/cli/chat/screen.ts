/** The window on the terminal: scrollback through `<Static>`, and the live rows under it. */
import { Box, render, Static, Text, useCursor } from 'ink'
import { createElement, Fragment, type ReactNode, useSyncExternalStore } from 'react'
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

interface Source {
  get: () => Frame
  subscribe: (changed: () => void) => () => void
  hasColour: boolean
}

export function openScreen(stdout: NodeJS.WriteStream, first: Frame, hasColour: boolean): Screen {
  let frame = first
  const listeners = new Set<() => void>()
  const source: Source = {
    hasColour,
    get: () => frame,
    subscribe: (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
  }
  const ink = render(createElement(Window, { source }), { stdout, exitOnCtrlC: false, patchConsole: false, maxFps: 60 })
  return {
    show: (next) => {
      frame = next
      for (const changed of listeners) changed()
    },
    close: async () => {
      ink.unmount()
      await ink.waitUntilExit()
    },
  }
}

function Window({ source }: { source: Source }): ReactNode {
  const { printed, live } = useSyncExternalStore(source.subscribe, source.get)
  const { hasColour } = source
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
