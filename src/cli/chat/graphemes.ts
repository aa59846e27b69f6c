/** Text as people count it: one step of the cursor is a grapheme, and a grapheme takes columns of the screen. */
import stringWidth from 'string-width'
import { visible } from '../../domain/clean-text.ts'

const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' })
const ASCII = /^[\x20-\x7e]*$/
/** A tab is shown as so many spaces: where it would stand on their screen nobody knows. */
const TAB = '    '

export function graphemes(text: string): string[] {
  return ASCII.test(text) ? [...text] : Array.from(CHARACTERS.segment(text), ({ segment }) => segment)
}

/** Screen columns; 0 for what is drawn onto its neighbour. */
export function columns(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text)
}

/** What stands on the screen for text that may come from anywhere. Newlines stay. */
export function shown(text: string): string {
  return ASCII.test(text) ? text : visible(text, { lines: true }).replaceAll('\t', TAB)
}

/** The end of the grapheme that begins at `at`. */
export function placeAfter(text: string, at: number): number {
  return at >= text.length ? text.length : at + (firstGrapheme(text.slice(at, at + REACH)) ?? '').length
}

/** The start of the grapheme that ends at `at`. */
export function placeBefore(text: string, at: number): number {
  const from = Math.max(0, at - REACH)
  return at <= 0 ? 0 : at - (graphemes(text.slice(from, at)).at(-1) ?? '').length
}

/** The longest grapheme looked for, in UTF-16 units: families of emoji have 20, and a made-up one may be cut. */
const REACH = 64

function firstGrapheme(text: string): string | undefined {
  for (const { segment } of CHARACTERS.segment(text)) return segment
  return undefined
}

/** Where the word before `at` begins; in scripts without spaces the dictionary says. */
export function wordStart(text: string, at: number): number {
  const words = [...WORDS.segment(text.slice(0, at))]
  return words.findLast(({ isWordLike }) => isWordLike)?.index ?? 0
}

/** Where the word at or behind `at` ends. */
export function wordEnd(text: string, at: number): number {
  for (const { index, segment, isWordLike } of WORDS.segment(text.slice(at))) {
    if (isWordLike) return at + index + segment.length
  }
  return text.length
}

/** On one row, as much as fits, the rest as an ellipsis. */
export function cut(text: string, width: number, ellipsis: string): string {
  const row = shown(text).replaceAll('\n', ' ')
  if (columns(row) <= width) return row
  let kept = ''
  let used = columns(ellipsis)
  for (const grapheme of graphemes(row)) {
    used += columns(grapheme)
    if (used > width) break
    kept += grapheme
  }
  return width <= 0 ? '' : kept.trimEnd() + ellipsis
}
