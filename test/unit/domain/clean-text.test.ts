import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visible } from '../../../src/domain/clean-text.ts'

describe('text from outside', () => {
  it.each([
    ['plain, 雪, 👩‍👩‍👧, e\u0301 and עברית\u200f stay', 'plain, 雪, 👩‍👩‍👧, e\u0301 and עברית\u200f stay'],
    ['\u001b[2J\u001b]52;c;aGk=\u0007', '\\u001b[2J\\u001b]52;c;aGk=\\u0007'],
    ['\u009b31m', '\\u009b31m'],
    ['a\u0000b\u007f\r\n\t', 'a\\u0000b\\u007f\\u000d\\u000a\\u0009'],
    ['gpj.\u202eexe\u202c \u2066x\u2069', 'gpj.exe x'],
    ['half \ud83d and \udc69', 'half \\ud83d and \\udc69'],
    ['\u2028', '\\u2028'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  it('keeps its lines and tabs when asked, and no bare carriage return', () => {
    expect(visible('a\r\n\tb\rc\n', { lines: true })).toBe('a\n\tb\\u000dc\n')
  })

  it('never contains what a terminal would obey, and is left alone the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, lines) => {
        const shown = visible(text, { lines })
        const rest = lines ? shown.replace(/[\n\t]/g, '') : shown
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
        expect(rest).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
        expect(Buffer.from(shown).toString()).toBe(shown)
        expect(visible(shown, { lines })).toBe(shown)
      }),
    )
  })
})
