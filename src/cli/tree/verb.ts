/** One verb of the command line, as the tables in `tree/` declare it: all that parsing and help need, and no body. */
import type { Context } from '../context.ts'
import type { FlagName } from './flags.ts'

/** Runs the verb and returns the exit code. Failures are thrown as ImError. */
export type Run = (context: Context) => Promise<number>

export interface VerbSpec {
  /** Noun and verb, or the plain verb: `backup add`, `send`. */
  name: string
  /** What stands after it: `WHO [TEXT]`; square brackets may be left out, dots may repeat. */
  words: string
  summary: string
  example: string
  flags?: readonly FlagName[]
  /** Takes `-- CMD ARG...` at the end; a flag: only beside that flag. */
  command?: true | FlagName
  /** What a word in capitals may be, where the choices are few: `{ STATUS: ['online', …] }`. */
  choices?: Readonly<Record<string, readonly string[]>>
  /** For programs, not for people: in no help and no completion. */
  hidden?: boolean
  /** Has no default timeout: it runs for as long as it is wanted. */
  endless?: boolean
  load: () => Promise<{ run: Run }>
}

/** A thing with verbs of its own. */
export interface NounSpec {
  name: string
  summary: string
}

export interface WordSpec {
  name: string
  required: boolean
  many: boolean
}

/** `WHO [TEXT]` -> what each place takes. */
export function wordSpecs(words: string): WordSpec[] {
  return words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({
      name: word.replace(/[[\].]/g, ''),
      required: !word.startsWith('['),
      many: word.includes('...'),
    }))
}
