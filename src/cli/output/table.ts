import { visible } from '../../domain/clean-text.ts'

export type Paint = 'green' | 'yellow' | 'red' | 'dim'

export interface Column<Row> {
  head: string
  cell: (row: Row) => string
  paint?: (row: Row) => Paint | null
}

export interface TableStyle {
  colour: boolean
  /** Columns of the terminal; null: a pipe, which gets tabs, no headings, and every cell whole. */
  width: number | null
}

const SGR: Record<Paint, number> = { green: 32, yellow: 33, red: 31, dim: 2 }
const GAP = 2

/** Lines without a newline. Cells may hold anything: they are cleaned, and stay on their line. */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[], style: TableStyle): string[] {
  const cells = rows.map((row) => columns.map((column) => visible(column.cell(row))))
  if (style.width === null) return cells.map((row) => row.join('\t'))

  const widths = columns.map((column, place) =>
    Math.max(textWidth(column.head), ...cells.map((row) => textWidth(row[place] ?? ''))),
  )
  const last = columns.length - 1
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP, 0)
  const room = Math.max(10, style.width - before)

  const line = (row: readonly string[], paint: (place: number) => Paint | null): string =>
    row
      .map((cell, place) => {
        const text =
          place === last ? cut(cell, room) : cell.padEnd(cell.length + (widths[place] ?? 0) - textWidth(cell))
        return painted(text, style.colour ? paint(place) : null)
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  const heads = line(
    columns.map((column) => column.head),
    () => 'dim',
  )
  return [heads, ...rows.map((row, at) => line(cells[at] ?? [], (place) => columns[place]?.paint?.(row) ?? null))]
}

function painted(text: string, paint: Paint | null): string {
  return paint === null ? text : `\u001b[${SGR[paint]}m${text}\u001b[0m`
}

/** Terminal columns a text takes: two for wide scripts and emoji, none for marks that combine. */
export function textWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** The patterns stand here, and not above, since the tables behind them take 0.7 ms to look up at every start. */
function columnsOf(character: string): number {
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0
  const wide =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u
  return wide.test(character) ? 2 : 1
}

function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const character of text) {
    used += textWidth(character)
    if (used > width - 1) break
    kept += character
  }
  return `${kept}…`
}

/** Lines of at most so many columns, broken between words; a word that is longer is broken itself. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  const end = (): void => {
    if (line.trim() !== '') lines.push(line.trimEnd())
    line = ''
  }
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) end()
    line += line === '' ? '' : ' '
    for (const character of word) {
      if (textWidth(line) + textWidth(character) > width) end()
      line += character
    }
  }
  end()
  return lines
}
