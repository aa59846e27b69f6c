import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Mutant {
  name: string
  file: string
  find: string
}

// @ts-expect-error: a script has no types
const { MUTANTS } = (await import('../../scripts/mutant-list.js')) as { MUTANTS: readonly Mutant[] }

describe('each mutant of `npm run mutants` still applies', () => {
  it.each(MUTANTS)('$name', ({ file, find }) => {
    expect(readFileSync(file, 'utf8').split(find).length, `${file} has no one "${find.trim()}"`).toBe(2)
  })
})
