import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUin, randomUin, uinDigits } from '../../../src/domain/uin.ts'

const uins = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => randomUin(() => bytes))

describe('a UIN', () => {
  it('made at random is valid', () => {
    fc.assert(fc.property(uins, (uin) => isUin(uin)))
  })

  it('with any one digit wrong is caught', () => {
    fc.assert(
      fc.property(uins, fc.nat(9), fc.integer({ min: 1, max: 9 }), (uin, place, add) => {
        const wrong = (Number(uin[place]) + add) % 10
        return !isUin(`${uin.slice(0, place)}${wrong}${uin.slice(place + 1)}`)
      }),
    )
  })

  it('with two neighbours swapped is caught, but for 09 and 90', () => {
    fc.assert(
      fc.property(uins, fc.nat(8), (uin, place) => {
        const [a, b] = [uin[place], uin[place + 1]]
        fc.pre(a !== b && !['09', '90'].includes(`${a}${b}`))
        return !isUin(`${uin.slice(0, place)}${b}${a}${uin.slice(place + 2)}`)
      }),
    )
  })

  it.each(['', '0000000000', '123', '1000000008 ', '１０００００００08', '10000000080', '1e9'])('is not %j', (text) => {
    expect(isUin(text)).toBe(false)
  })

  it('may be typed with spaces and dashes', () => {
    expect(uinDigits('1000 000-008')).toBe('1000000008')
    expect(uinDigits('bo')).toBeNull()
  })
})
