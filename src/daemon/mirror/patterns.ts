/** Patterns of `--matching-re`: RE2 syntax, linear in the text. Loaded when a pattern is used, not before. */
import { RE2JS, RE2JSException } from 're2js'
import { ImError } from '../../protocol/errors.ts'

/** Of a text so much is looked at. */
const TESTED_CHARS = 8 * 1024
/** Instructions a pattern may come to: what it costs for each character. Counted repeats multiply them. */
const LARGEST_PROGRAM = 300

/** Throws BAD_PATTERN with what is wrong. */
export function checkPattern(pattern: string, maxChars: number): void {
  if (pattern.length > maxChars) {
    throw new ImError('BAD_PATTERN', `The pattern has ${pattern.length} characters; ${maxChars} are allowed.`)
  }
  if (pattern === '') throw new ImError('BAD_PATTERN', 'The pattern is empty: it would match everything.')
  const size = compiled(pattern).programSize()
  if (size <= LARGEST_PROGRAM) return
  throw new ImError('BAD_PATTERN', 'The pattern is too large once its repeats are counted out.', {
    hint: 'use * or + in place of large {n,m}',
  })
}

function compiled(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw new ImError('BAD_PATTERN', `${error.message}.`, { hint: 'RE2 syntax: no look-around, no back-references' })
  }
}

/** Whether the pattern is found in the first 8 Ki characters. One that this device cannot read matches nothing. */
export function matchesPattern(text: string, pattern: string): boolean {
  try {
    return compiled(pattern).matcher(text.slice(0, TESTED_CHARS)).find()
  } catch (error) {
    if (error instanceof ImError) return false
    throw error
  }
}
