import { describe, expect, it } from 'vitest'
import { formatRecoveryCode, makeRecoveryCode, parseRecoveryCode } from '../../../src/sealing/recovery-code.ts'
import { random, refusal, seededRandom } from './support.ts'

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

describe('the recovery code', () => {
  it('is six groups of five without letters that look alike, and 130 bits of it are random', () => {
    const code = makeRecoveryCode(random)
    expect(formatRecoveryCode(code)).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){5}$/)
    const asked: number[] = []
    makeRecoveryCode((length) => {
      asked.push(length)
      return random(length)
    })
    expect(asked).toEqual([26])
    const seen = new Set(Array.from({ length: 100 }, () => makeRecoveryCode(random)).join(''))
    expect(seen.size).toBe(32)
  })

  it('is read as written, in any case, with any spaces and dashes', () => {
    const code = makeRecoveryCode(random)
    const shown = formatRecoveryCode(code)
    for (const typed of [
      shown,
      code,
      shown.toLowerCase(),
      ` ${shown.replaceAll('-', ' ')}\n`,
      shown.replaceAll('-', '–'),
    ]) {
      expect(parseRecoveryCode(typed)).toBe(code)
    }
  })

  it('takes O for 0, and I and L for 1', () => {
    const zeros = makeRecoveryCode((length) => new Uint8Array(length))
    const ones = makeRecoveryCode((length) => new Uint8Array(length).fill(1))
    expect(parseRecoveryCode(zeros.replaceAll('0', 'o'))).toBe(zeros)
    expect(parseRecoveryCode(ones.replaceAll('1', 'I'))).toBe(ones)
    expect(parseRecoveryCode(ones.replaceAll('1', 'l'))).toBe(ones)
  })

  it('is refused with any one symbol mistyped', async () => {
    const code = makeRecoveryCode(seededRandom('mistyped'))
    for (let at = 0; at < code.length; at++) {
      for (const symbol of SYMBOLS) {
        if (symbol === code.charAt(at)) continue
        expect(await refusal(() => parseRecoveryCode(code.slice(0, at) + symbol + code.slice(at + 1)))).toBe('typo')
      }
    }
  })

  it('is refused with two neighbours exchanged', async () => {
    const code = makeRecoveryCode(seededRandom('exchanged'))
    for (let at = 0; at + 1 < code.length; at++) {
      if (code.charAt(at) === code.charAt(at + 1)) continue
      const typed = code.slice(0, at) + code.charAt(at + 1) + code.charAt(at) + code.slice(at + 2)
      expect(await refusal(() => parseRecoveryCode(typed))).toBe('typo')
    }
  })

  it('is told apart from what is no code at all', async () => {
    const code = makeRecoveryCode(random)
    for (const typed of ['', code.slice(1), `${code}0`, `U${code.slice(1)}`, `*${code.slice(1)}`, 'É'.repeat(30)]) {
      expect(await refusal(() => parseRecoveryCode(typed))).toBe('malformed')
    }
  })
})
