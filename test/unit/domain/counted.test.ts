import { expect, it } from 'vitest'
import { counted } from '../../../src/domain/counted.ts'

it.each([
  [0, '0 backups'],
  [1, '1 backup'],
  [2, '2 backups'],
])('%i of a thing are %j', (count, words) => {
  expect(counted(count, 'backup')).toBe(words)
})

it('a plural that is another word is given', () => {
  expect(counted(1, 'person', 'people')).toBe('1 person')
  expect(counted(5, 'person', 'people')).toBe('5 people')
})
