import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type EditCommand,
  type Editor,
  EMPTY,
  edit,
  editing,
  insert,
  isAtEdge,
} from '../../../../src/cli/chat/editor.ts'
import { columns, cut, graphemes, placeAfter, placeBefore, shown } from '../../../../src/cli/chat/graphemes.ts'
import { cursorIn, editRows, wrap } from '../../../../src/cli/chat/layout.ts'

const FAMILY = '👩‍👩‍👧'
const WIDTH = 20

function keys(text: string, at: number, ...commands: EditCommand[]): Editor {
  return commands.reduce((editor, command) => edit(editor, command, WIDTH), { ...editing(text), at })
}
const typed = (text: string): Editor => [...text].reduce(insert, EMPTY)

describe('the edit line', () => {
  it('moves and deletes by what people take for one character', () => {
    const text = `e\u0301${FAMILY}世`
    expect(keys(text, text.length, 'left').at).toBe(text.length - 1)
    expect(keys(text, text.length, 'left', 'left').at).toBe(2)
    expect(keys(text, text.length, 'left', 'backspace').text).toBe('e\u0301世')
    expect(keys(text, 0, 'right').at).toBe(2)
    expect(keys(text, 0, 'delete').text).toBe(`${FAMILY}世`)
  })

  it.each<[EditCommand, string, number, string, number]>([
    ['word-left', 'one two  three', 14, 'one two  three', 9],
    ['word-left', 'one two  ', 9, 'one two  ', 4],
    ['word-right', 'one two', 0, 'one two', 3],
    ['word-right', 'one two', 3, 'one two', 7],
    ['word-left', '今日は世界', 5, '今日は世界', 3],
    ['cut-word', 'one two', 7, 'one ', 4],
    ['cut-word-after', 'one two', 0, ' two', 0],
    ['cut-to-start', 'one\ntwo', 7, 'one\n', 4],
    ['cut-to-start', 'one\ntwo', 4, 'onetwo', 3],
    ['cut-to-end', 'one\ntwo', 1, 'o\ntwo', 1],
    ['cut-to-end', 'one\ntwo', 3, 'onetwo', 3],
    ['line-start', 'one\ntwo', 6, 'one\ntwo', 4],
    ['line-end', 'one\ntwo', 1, 'one\ntwo', 3],
    ['newline', 'ab', 1, 'a\nb', 2],
  ])('%s in %j at %i', (command, text, at, wanted, wantedAt) => {
    const now = keys(text, at, command)
    expect([now.text, now.at]).toEqual([wanted, wantedAt])
  })

  it('brings back what was cut, and undoes the cut', () => {
    const cutOut = keys('one two', 7, 'cut-word')
    expect(edit(cutOut, 'yank', WIDTH).text).toBe('one two')
    expect(edit(cutOut, 'undo', WIDTH)).toMatchObject({ text: 'one two', at: 7 })
  })

  it('undoes what was typed in one go, and a move or a blank ends that', () => {
    const text = typed('ab cd')
    const once = edit(text, 'undo', WIDTH)
    expect(once.text).toBe('ab ')
    expect(edit(once, 'undo', WIDTH).text).toBe('ab')
    expect(edit(edit(once, 'undo', WIDTH), 'undo', WIDTH).text).toBe('')
    const moved = insert(edit(typed('ab'), 'left', WIDTH), 'x')
    expect(edit(moved, 'undo', WIDTH).text).toBe('ab')
  })

  it('keeps the column on its way up and down, over a shorter line', () => {
    const text = 'a long one\nb\nanother line'
    const at = text.length - 4
    const up = keys(text, at, 'up')
    expect(up.at).toBe(12)
    expect(edit(up, 'up', WIDTH).at).toBe(8)
    expect(edit(edit(up, 'up', WIDTH), 'down', WIDTH).at).toBe(12)
  })

  it('leads out of the text at its first and last row only', () => {
    expect(isAtEdge(editing('one\ntwo'), WIDTH, 'up')).toBe(false)
    expect(isAtEdge(editing('one\ntwo'), WIDTH, 'down')).toBe(true)
    expect(isAtEdge(editing('x'.repeat(WIDTH + 5)), WIDTH, 'up')).toBe(false)
  })

  it('whatever keys come, the cursor stands between two characters', () => {
    const COMMANDS: EditCommand[] = ['left', 'right', 'word-left', 'word-right', 'up', 'down', 'backspace', 'delete']
    COMMANDS.push('cut-word', 'cut-word-after', 'cut-to-start', 'cut-to-end', 'yank', 'undo', 'newline', 'line-end')
    const key = fc.oneof(
      fc.constantFrom(...COMMANDS),
      fc.constantFrom('a', ' ', '世', FAMILY, 'e\u0301', '\t', 'long word'),
    )
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), fc.integer({ min: 4, max: 30 }), (keys, width) => {
        let editor = EMPTY
        for (const one of keys) {
          editor = COMMANDS.includes(one as EditCommand) ? edit(editor, one as EditCommand, width) : insert(editor, one)
          expect(editor.at).toBeGreaterThanOrEqual(0)
          expect(editor.at).toBeLessThanOrEqual(editor.text.length)
          const rows = editRows(editor.text, width)
          const { row, column } = cursorIn(rows, editor.text, editor.at)
          expect(rows[row]).toBeDefined()
          expect(column).toBeLessThanOrEqual(width)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('where text stands', () => {
  it.each([
    ['abcdef', 4, ['abcd', 'ef']],
    ['abcd', 4, ['abcd', '']],
    ['世界世界', 5, ['世界', '世界']],
    ['a\n\nb', 5, ['a', '', 'b']],
    ['', 5, ['']],
    ['\ttab', 6, ['    ta', 'b']],
  ])('the edit line breaks %j at %i columns', (text, width, wanted) => {
    expect(editRows(text, width).map((row) => row.shown)).toEqual(wanted)
  })

  it.each([
    ['one two three', 8, ['one two', 'three']],
    ['a verylongwordindeed b', 6, ['a', 'verylo', 'ngword', 'indeed', 'b']],
    ['世界世界世', 4, ['世界', '世界', '世']],
    ['keeps  two blanks', 20, ['keeps  two blanks']],
    ['  indented\n\ttoo', 20, ['  indented', '    too']],
  ])('text to read breaks %j at %i columns', (text, width, wanted) => {
    expect(wrap(text, width)).toEqual(wanted)
  })

  it('no row is wider than the screen, and none holds what moves a cursor', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('a', ' ', '世', FAMILY, '\x1b', '\u202e', '\u0007', '\t', '\n', '\u009b', '\r'),
    })
    fc.assert(
      fc.property(hostile, fc.integer({ min: 8, max: 40 }), (text, width) => {
        for (const row of [...wrap(text, width), ...editRows(text, width).map((one) => one.shown)]) {
          expect(columns(row)).toBeLessThanOrEqual(width)
          expect(row).toBe(shown(row))
          expect(/[\p{Cc}\u202a-\u202e]/u.test(row)).toBe(false)
        }
      }),
    )
  })

  it('nothing but blanks at a break is lost', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '世', ' ') })
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 12 }), (one, width) => {
        expect(wrap(one, width).join('').replaceAll(' ', '')).toBe(one.replaceAll(' ', ''))
      }),
    )
  })
})

describe('characters', () => {
  it('have the columns a terminal gives them', () => {
    expect(['a', '世', FAMILY, 'e\u0301', '🇯🇵'].map(columns)).toEqual([1, 2, 2, 1, 2])
    expect(graphemes(`a${FAMILY}b`)).toEqual(['a', FAMILY, 'b'])
  })

  it('are found before and after any place', () => {
    expect(placeAfter(`a${FAMILY}b`, 1)).toBe(1 + FAMILY.length)
    expect(placeBefore(`a${FAMILY}b`, 1 + FAMILY.length)).toBe(1)
    expect([placeBefore('a', 0), placeAfter('a', 1)]).toEqual([0, 1])
  })

  it('are cut to a width with an ellipsis', () => {
    expect(cut('世界世界', 5, '…')).toBe('世界…')
    expect(cut('two\nlines', 20, '…')).toBe('two lines')
    expect(cut('x', 0, '…')).toBe('')
  })
})
