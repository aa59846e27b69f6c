import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPattern, matchesPattern } from '../../../../src/daemon/mirror/patterns.ts'
import { ImError } from '../../../../src/protocol/errors.ts'

/** Of the processor: other work on the machine does not count. */
const LONGEST_MS = 50

function cpuMs(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}

function refusal(pattern: string): string | null {
  try {
    checkPattern(pattern, 512)
    return null
  } catch (error) {
    if (error instanceof ImError) return error.code
    throw error
  }
}

describe('a pattern', () => {
  it.each([
    ['deploy(ed|ment) [0-9]+', 'deployed 42', true],
    ['^hi$', 'well hi', false],
    ['(?i)HELLO', 'hello', true],
    ['[0-9]{3}-[0-9]{4}', 'call 555-1234', true],
  ])('%s in "%s": %s', (pattern, text, found) => {
    expect(matchesPattern(text, pattern)).toBe(found)
  })

  it.each(['(', '(?=x)', '(a)\\1', '', 'a'.repeat(513), '((a{30}){30}){2}', '(((a|b){0,50}){0,50}){0,9}'])(
    'is refused: %s',
    (pattern) => expect(refusal(pattern)).toBe('BAD_PATTERN'),
  )

  it('sees the first 8 Ki characters alone', () => {
    expect(matchesPattern(`${'x'.repeat(8191)}y`, 'y')).toBe(true)
    expect(matchesPattern(`${'x'.repeat(8192)}y`, 'y')).toBe(false)
  })

  it('of a hostile author on a hostile text takes no longer than another', () => {
    const atom = fc.constantFrom('a', '[ab]', '.', '(a|a)', '(a|ab)', '\\w', '(a*)', '(a+)', '(.*)')
    const repeat = fc.constantFrom('', '*', '+', '?', '{0,20}', '*?', '{5}')
    const piece = fc.tuple(atom, repeat).map(([a, r]) => `(${a}${r})`)
    const nested = fc
      .tuple(fc.array(piece, { minLength: 1, maxLength: 8 }), repeat)
      .map(([pieces, r]) => `(${pieces.join('')})${r}b$`)
    const text = fc
      .tuple(fc.constantFrom('a', 'ab', 'aab', 'x'), fc.constantFrom('', '!', 'b', 'c'))
      .map(([unit, end]) => unit.repeat(Math.floor(8192 / unit.length)) + end)
    const slow: [string, number][] = []
    fc.assert(
      fc.property(nested, text, (pattern, input) => {
        if (refusal(pattern) !== null) return
        // One look may have to pay for the garbage of others; not three.
        const took = () => cpuMs(() => matchesPattern(input, pattern))
        const least = [took, took, took].reduce((ms, again) => (ms > LONGEST_MS ? Math.min(ms, again()) : ms), Infinity)
        if (least > LONGEST_MS) slow.push([pattern, least])
      }),
      { numRuns: 1_000, seed: 4 },
    )
    expect(slow.slice(0, 20)).toEqual([])
  }, 60_000)
})
