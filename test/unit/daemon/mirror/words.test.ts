import { describe, expect, it } from 'vitest'
import { matchesWords } from '../../../../src/daemon/mirror/words.ts'

describe('words of a message', () => {
  it.each([
    ['all words, any order', 'I have the book tonight', 'tonight book', true],
    ['one is missing', 'I have the book', 'tonight book', false],
    ['whole words only', 'books', 'book', false],
    ['upper and lower case', 'BOOK', 'book', true],
    ['punctuation is no part of a word', '(book), please!', 'book', true],
    ['accents count', 'cafe', 'café', false],
    ['composed or not', 'cafe\u0301', 'café', true],
    ['full width', 'ＢＯＯＫ', 'book', true],
    ['Chinese as a part', '今天晚上带书来', '晚上', true],
    ['Chinese that is not there', '今天晚上带书来', '早上', false],
    ['Japanese as a part', 'こんばんは、本を持ってきて', '本', true],
    ['Chinese and a number', '房间 301 号', '房间 301', true],
    ['a number as a whole', '房间 3012 号', '301', false],
    ['no words at all', 'anything', '!!!', false],
  ])('%s', (_what, text, words, expected) => {
    expect(matchesWords(text, words)).toBe(expected)
  })
})
