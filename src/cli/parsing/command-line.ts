/** What a command line means once its flags and words are told apart: what is allowed, and what is said about the rest. */
import { ImError } from '../../protocol/errors.ts'
import { FLAGS, type FlagName, type Flags, GLOBAL_FLAGS, spelled } from '../tree/flags.ts'
import { type VerbSpec, wordSpecs } from '../tree/verb.ts'

export type Parsed = { flags: Flags } & (
  | { kind: 'verb'; verb: VerbSpec; words: string[]; command: string[] }
  /** `im` alone. */
  | { kind: 'dashboard' }
  /** -h; of a noun or verb, or of the program (null). */
  | { kind: 'help'; of: string | null }
  /** A noun without a verb. */
  | { kind: 'bare'; noun: string }
  | { kind: 'version' }
)

/** Every time a flag is given, in the order they came; a switch has the value ''. */
export type Given = Map<FlagName, string[]>

export function giveFlag(given: Given, flag: FlagName, value: string): void {
  given.set(flag, [...(given.get(flag) ?? []), value])
}

/** Where the words of a command line lead. */
export interface Place {
  noun: string | null
  verb: VerbSpec | null
  operands: string[]
}

/** @throws ImError USAGE with the next command to try. */
export function checkedLine(given: Given, { noun, verb, operands }: Place, argv: readonly string[]): Parsed {
  const flags = checkedFlags(given)
  if (flags.help) return { kind: 'help', of: verb?.name ?? noun, flags }
  if (flags.version) return { kind: 'version', flags }
  if (verb !== null) return { kind: 'verb', verb, ...checkedWords(verb, operands, argv, flags), flags }
  return noun === null ? { kind: 'dashboard', flags } : { kind: 'bare', noun, flags }
}

/** Whether errors are wanted as JSON, also where the command line cannot be read. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  return own.some((word) => word === '--json' || word === '--fields' || word.startsWith('--fields='))
}

function checkedFlags(given: Given): Flags {
  const flags: { [F in FlagName]?: unknown } = {}
  for (const [flag, values] of given) flags[flag] = flagValue(flag, values)
  if (flags.quiet && (flags.json || flags.fields !== undefined)) {
    throw new ImError('USAGE', '-q and --json exclude each other', { hint: 'take --fields id' })
  }
  return flags as Flags
}

function flagValue(flag: FlagName, values: readonly string[]): string | number | true | readonly string[] {
  const name = spelled(flag)
  const { kind } = FLAGS[flag]
  const [value = ''] = values
  const mayRepeat = kind === 'list' || (isGlobal(flag) && values.every((other) => other === value))
  if (values.length > 1 && !mayRepeat) throw new ImError('USAGE', `${name} is given twice`, { hint: 'give it once' })
  switch (kind) {
    case 'switch':
      return true
    case 'value':
      return value
    case 'list':
      return values
    case 'time':
    case 'duration':
      if (value.startsWith('--')) throw lostValue(name, value)
      return value
    case 'number':
      if (value.startsWith('--')) throw lostValue(name, value)
      if (!/^[1-9][0-9]{0,8}$/.test(value))
        throw new ImError('USAGE', `${name} needs a whole number from 1, not "${value}"`)
      return Number(value)
    default:
      return kind satisfies never
  }
}

function isGlobal(flag: FlagName): boolean {
  return GLOBAL_FLAGS.some((global) => global === flag)
}

function lostValue(name: string, value: string): ImError {
  return new ImError('USAGE', `${name} has lost its value: "${value}" is a flag`, { hint: `${name} VALUE ${value}` })
}

/** The words a verb takes, and what stands after `--` where it takes a command. */
function checkedWords(
  verb: VerbSpec,
  operands: string[],
  argv: readonly string[],
  flags: Flags,
): { words: string[]; command: string[] } {
  const dashes = argv.indexOf('--')
  const takes = verb.command === true || (verb.command !== undefined && flags[verb.command] !== undefined)
  const command = takes && dashes !== -1 ? argv.slice(dashes + 1) : []
  const words = operands.slice(0, operands.length - command.length)
  const specs = wordSpecs(verb.words)
  const usage = `im ${verb.name}${verb.words === '' ? '' : ` ${verb.words}`}`

  const dashed = dashes === -1 ? words.find((word) => word.startsWith('-') && word.length > 1) : undefined
  if (dashed !== undefined) throw dashText(verb, dashed)
  const missing = specs.find((spec, place) => spec.required && words[place] === undefined)
  if (missing !== undefined) throw new ImError('USAGE', `im ${verb.name} needs ${missing.name}`, { hint: usage })
  if (words.length > specs.length && specs.at(-1)?.many !== true) throw tooManyWords(verb, words, specs.length)
  return { words, command }
}

function tooManyWords(verb: VerbSpec, words: string[], places: number): ImError {
  const last = wordSpecs(verb.words).at(-1)?.name ?? ''
  if (last !== 'TEXT' && last !== 'EXPR' && last !== 'T') {
    const extra = words.slice(places).map((word) => `"${word}"`)
    return new ImError('USAGE', `im ${verb.name} does not take ${extra.join(' ')}`, { hint: `im ${verb.name} -h` })
  }
  const before = words.slice(0, places - 1)
  const joined = words.slice(places - 1).join(' ')
  const quoted = words.slice(places - 1).map((word) => `"${word}"`)
  return new ImError('USAGE', `${quoted.join(' ')} are ${quoted.length} words where one ${last} is due; quote them`, {
    hint: ['im', verb.name, ...before, `"${joined}"`].join(' '),
  })
}

export function dashText(verb: VerbSpec, typed: string): ImError {
  return new ImError(
    'USAGE',
    `"${typed}" reads as a flag; a text that begins with "-" goes through -m, -F, -- or stdin`,
    {
      hint: `im ${verb.name} ${verb.words.startsWith('WHO') ? 'WHO ' : ''}-m "${typed}"`,
    },
  )
}
