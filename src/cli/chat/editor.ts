/** The edit line: a text, a place in it, and what each key makes of them. */
import { placeAfter, placeBefore, wordEnd, wordStart } from './graphemes.ts'
import { cursorIn, editRows, offsetAt } from './layout.ts'

export interface Editor {
  readonly text: string
  /** Offset of the cursor, between two graphemes. */
  readonly at: number
  /** What was cut last; `yank` brings it back. */
  readonly cut: string
  /** As it stood before each change, newest last. */
  readonly undo: readonly { text: string; at: number; typed: boolean }[]
  /** The column that up and down try to keep. */
  readonly column: number | null
}

export const EMPTY: Editor = { text: '', at: 0, cut: '', undo: [], column: null }

/** A text to be edited, the cursor behind it. */
export function editing(text: string): Editor {
  return { ...EMPTY, text, at: text.length }
}

/** What keys do in the edit line; `up` and `down` are moves between rows. */
export type EditCommand =
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  | 'line-start'
  | 'line-end'
  | 'up'
  | 'down'
  | 'backspace'
  | 'delete'
  | 'cut-word'
  | 'cut-word-after'
  | 'cut-to-start'
  | 'cut-to-end'
  | 'yank'
  | 'undo'
  | 'newline'

const MOST_UNDO = 200

/** Typing goes into one step of undo; a word, a paste or a cut is one of its own. */
export function insert(editor: Editor, text: string): Editor {
  const { at } = editor
  const typed = text.length <= 2 && text.trim() !== ''
  return changed(editor, editor.text.slice(0, at) + text + editor.text.slice(at), at + text.length, typed)
}

export function edit(editor: Editor, command: EditCommand, width: number): Editor {
  return COMMANDS[command](editor, width)
}

type Command = (editor: Editor, width: number) => Editor

const COMMANDS: Readonly<Record<EditCommand, Command>> = {
  left: (editor) => moved(editor, placeBefore(editor.text, editor.at)),
  right: (editor) => moved(editor, placeAfter(editor.text, editor.at)),
  'word-left': (editor) => moved(editor, wordStart(editor.text, editor.at)),
  'word-right': (editor) => moved(editor, wordEnd(editor.text, editor.at)),
  'line-start': (editor) => moved(editor, lineStart(editor)),
  'line-end': (editor) => moved(editor, lineEnd(editor)),
  up: (editor, width) => toRow(editor, width, -1),
  down: (editor, width) => toRow(editor, width, 1),
  backspace: (editor) => removed(editor, placeBefore(editor.text, editor.at), editor.at),
  delete: (editor) => removed(editor, editor.at, placeAfter(editor.text, editor.at)),
  'cut-word': (editor) => cutOut(editor, wordStart(editor.text, editor.at), editor.at),
  'cut-word-after': (editor) => cutOut(editor, editor.at, wordEnd(editor.text, editor.at)),
  'cut-to-start': (editor) => cutOut(editor, startOrNewline(editor), editor.at),
  'cut-to-end': (editor) => cutOut(editor, editor.at, endOrNewline(editor)),
  yank: (editor) => insert(editor, editor.cut),
  undo: (editor) => {
    const last = editor.undo.at(-1)
    if (last === undefined) return editor
    return { ...editor, text: last.text, at: last.at, undo: editor.undo.slice(0, -1), column: null }
  },
  newline: (editor) => insert(editor, '\n'),
}

/** Whether the cursor is on the first or last row, where up and down lead out of the text. */
export function isAtEdge(editor: Editor, width: number, way: 'up' | 'down'): boolean {
  const rows = editRows(editor.text, width)
  const { row } = cursorIn(rows, editor.text, editor.at)
  return row === (way === 'up' ? 0 : rows.length - 1)
}

function moved(editor: Editor, at: number): Editor {
  return { ...editor, at, column: null, undo: sealed(editor.undo) }
}

/** A move ends the step of undo that typing is part of. */
function sealed(undo: Editor['undo']): Editor['undo'] {
  const last = undo.at(-1)
  return last?.typed ? [...undo.slice(0, -1), { ...last, typed: false }] : undo
}

function changed(editor: Editor, text: string, at: number, typed: boolean): Editor {
  if (text === editor.text) return editor
  const step = { text: editor.text, at: editor.at, typed }
  const goesOn = typed && editor.undo.at(-1)?.typed === true
  const undo = goesOn ? editor.undo : [...sealed(editor.undo), step].slice(-MOST_UNDO)
  return { ...editor, text, at, undo, column: null }
}

function removed(editor: Editor, from: number, to: number): Editor {
  return changed(editor, editor.text.slice(0, from) + editor.text.slice(to), from, false)
}

function cutOut(editor: Editor, from: number, to: number): Editor {
  if (from === to) return editor
  return { ...removed(editor, from, to), cut: editor.text.slice(from, to) }
}

function toRow(editor: Editor, width: number, by: -1 | 1): Editor {
  const rows = editRows(editor.text, width)
  const { row, column } = cursorIn(rows, editor.text, editor.at)
  const target = rows[row + by]
  if (target === undefined) return editor
  const wanted = editor.column ?? column
  return { ...moved(editor, offsetAt(target, editor.text, wanted)), column: wanted }
}

function lineStart({ text, at }: Editor): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
}

function lineEnd({ text, at }: Editor): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

/** At the beginning of a line the newline before it goes. */
function startOrNewline(editor: Editor): number {
  const start = lineStart(editor)
  return start === editor.at ? Math.max(0, start - 1) : start
}

function endOrNewline(editor: Editor): number {
  const end = lineEnd(editor)
  return end === editor.at ? Math.min(editor.text.length, end + 1) : end
}
