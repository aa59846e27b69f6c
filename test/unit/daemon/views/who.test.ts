import { describe, expect, it } from 'vitest'
import { type Person, resolveWho } from '../../../../src/daemon/views/who.ts'
import { ImError } from '../../../../src/protocol/errors.ts'
import { BO, CY, ME } from '../samples.ts'

const people: Person[] = [
  { uin: BO, name: 'Bo', alias: 'brother', state: 'friend' },
  { uin: CY, name: 'Bodil', alias: null, state: 'friend' },
  { uin: '2000000006' as Person['uin'], name: 'Old friend', alias: null, state: 'removed' },
  { uin: '3000000004' as Person['uin'], name: 'Twin', alias: null, state: 'friend' },
  { uin: '3000000012' as Person['uin'], name: 'Twin', alias: null, state: 'friend' },
]

function resolve(typed: string, person = true): string {
  try {
    return resolveWho(typed, { me: ME, people, person })
  } catch (error) {
    if (error instanceof ImError) return error.code
    throw error
  }
}

describe('who is meant', () => {
  it.each([
    ['a UIN', BO, BO],
    ['a UIN with spaces and dashes', '483-502 27 18', BO],
    ['a UIN that is no friend', '9000000001', '9000000001'],
    ['me', 'me', ME],
    ['ME', 'ME', ME],
    ['an alias', 'Brother', BO],
    ['a full name', 'bo', BO],
    ['a full name before a longer one', 'Bo', BO],
    ['a prefix that only one has', 'bod', CY],
    ['a prefix of an alias', 'broth', BO],
    ['a prefix two have', 'b', 'AMBIGUOUS'],
    ['a name two have', 'Twin', 'AMBIGUOUS'],
    ['a name nobody has', 'nobody', 'NO_SUCH_FRIEND'],
    ['somebody who was removed', 'Old friend', 'NO_SUCH_FRIEND'],
    ['ten digits with a wrong check digit', '4835022719', 'BAD_UIN'],
    ['too few digits', '12345', 'BAD_UIN'],
    ['nothing', '  ', 'NO_SUCH_FRIEND'],
  ])('%s', (_what, typed, expected) => {
    expect(resolve(typed)).toBe(expected)
  })

  it('a script cannot use prefixes, which change their meaning with every new friend', () => {
    expect(resolve('bod', false)).toBe('NO_SUCH_FRIEND')
    expect(resolve('Bodil', false)).toBe(CY)
  })

  it('names whom it could be, and what is wrong with a number', () => {
    expect(() => resolve('4835022719')).not.toThrow()
    expect(() => resolveWho('Twin', { me: ME, people, person: true })).toThrow(/3000000004.*3000000012/)
    expect(() => resolveWho('4835022719', { me: ME, people, person: true })).toThrow(/check digit/)
  })
})
