/** Scripts written without spaces between words: there a word is looked for as a part of the text. */
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const WORD = /[\p{L}\p{N}\p{M}_]+/gu

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/**
 * Whether a text has all the words, in any order: whole words, upper and lower case the same; words in scripts without
 * spaces as a part. No words at all match nothing.
 */
export function matchesWords(text: string, words: string): boolean {
  const wanted = folded(words).match(WORD) ?? []
  if (wanted.length === 0) return false
  const body = folded(text)
  const there = new Set(body.match(WORD) ?? [])
  return wanted.every((word) => (WITHOUT_SPACES.test(word) ? body.includes(word) : there.has(word)))
}
