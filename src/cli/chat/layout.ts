/** Where text stands on the screen. */
import { columns, graphemes, shown } from './graphemes.ts'

/** One row of the edit line: what it shows, and which part of the text that is. */
export interface Row {
  shown: string
  /** Offsets into the text. A row that ends with a newline ends before it. */
  start: number
  end: number
}

/** Rows of at most `width` columns, broken between graphemes; the last has room for the cursor. */
export function editRows(text: string, width: number): Row[] {
  const rows: Row[] = []
  let row: Row = { shown: '', start: 0, end: 0 }
  let used = 0
  const next = (start: number): void => {
    rows.push(row)
    row = { shown: '', start, end: start }
    used = 0
  }
  for (const grapheme of graphemes(text)) {
    const end = row.end + grapheme.length
    if (grapheme === '\n' || grapheme === '\r\n') {
      next(end)
      continue
    }
    const cell = shown(grapheme).replaceAll('\n', ' ')
    const wide = columns(cell)
    if (used + wide > width && used > 0) next(row.end)
    row.shown += cell
    row.end = end
    used += wide
  }
  if (used >= width) next(row.end)
  return [...rows, row]
}

/** Row and column of an offset. At a break the cursor stands at the beginning of the next row. */
export function cursorIn(rows: readonly Row[], text: string, at: number): { row: number; column: number } {
  const index = Math.max(
    0,
    rows.findLastIndex(({ start }) => start <= at),
  )
  const start = rows[index]?.start ?? 0
  return { row: index, column: columns(shown(text.slice(start, at)).replaceAll('\n', ' ')) }
}

/** The offset nearest to a column of a row. */
export function offsetAt(row: Row, text: string, column: number): number {
  let at = row.start
  let used = 0
  for (const grapheme of graphemes(text.slice(row.start, row.end))) {
    used += columns(shown(grapheme))
    if (used > column) break
    at += grapheme.length
  }
  return at
}

/** Text to read: lines of at most `width` columns, broken at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  return shown(text)
    .split('\n')
    .flatMap((line) => wrapLine(line, Math.max(1, width)))
}

function wrapLine(line: string, width: number): string[] {
  if (columns(line) <= width) return [line]
  const lines: string[] = []
  let current = ''
  let used = 0
  for (const word of line.split(/(?<= )(?! )/)) {
    const bare = columns(word.trimEnd())
    if (used > 0 && used + bare > width) {
      lines.push(current.trimEnd())
      current = ''
      used = 0
    }
    for (const grapheme of bare > width ? graphemes(word) : [word]) {
      const wide = columns(grapheme)
      if (used > 0 && used + columns(grapheme.trimEnd()) > width) {
        lines.push(current.trimEnd())
        current = ''
        used = 0
      }
      current += grapheme
      used += wide
    }
  }
  return [...lines, current.trimEnd()]
}
