/** From argv to the verb that is meant. Commander reads the flags; what is allowed and what is said stands here. */
import { Command, type CommanderError } from 'commander'
import { ImError } from '../protocol/errors.ts'
import { FLAGS, type FlagName, type Flags, GLOBAL_FLAGS, spelled } from './flags.ts'
import { NOUNS, VERBS } from './tree/index.ts'
import { type VerbSpec, wordSpecs } from './verb.ts'

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

type Given = Map<FlagName, string[]>

/** @throws ImError USAGE with the next command to try. */
export function parse(argv: readonly string[]): Parsed {
  const given: Given = new Map()
  const place: Place = { noun: null, verb: null, operands: [] }
  const program = commandTree(given, argv, (found) => Object.assign(place, found))
  program.parse([...argv], { from: 'user' })

  const flags = checkedFlags(given)
  const { noun, verb, operands } = place
  const name = verb?.name ?? noun
  if (flags.help) return { kind: 'help', of: name, flags }
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

/** Where the words of a command line lead. */
interface Place {
  noun: string | null
  verb: VerbSpec | null
  operands: string[]
}

type Found = (place: Place) => void

function commandTree(given: Given, argv: readonly string[], found: Found): Command {
  const program = plain(new Command('im')).enablePositionalOptions()
  const nouns = new Map<string, Command>()
  const parentOf = (words: readonly string[]): Command => nouns.get(words.slice(0, -1).join(' ')) ?? program
  for (const { name } of NOUNS) {
    const words = name.split(' ')
    nouns.set(name, plain(parentOf(words).command(words.at(-1) ?? '')))
  }
  const own = new Map<Command, readonly FlagName[]>()
  for (const verb of VERBS) {
    const words = verb.name.split(' ')
    const command = plain(parentOf(words).command(words.at(-1) ?? ''))
    own.set(command, verb.flags ?? [])
    command.exitOverride((error) => {
      throw usageError(error, verb, argv)
    })
    command.action(() => found({ noun: null, verb, operands: command.args }))
  }
  // Flags are put on the commands of this command line only, as they are entered: on all of them it costs 5 ms.
  const enter = (command: Command): void => addFlags(command, [...GLOBAL_FLAGS, ...(own.get(command) ?? [])], given)
  for (const [name, command] of nouns)
    bareAction(command, name, argv, found).hook('preSubcommand', (_, sub) => enter(sub))
  bareAction(program, null, argv, found).hook('preSubcommand', (_, sub) => enter(sub))
  enter(program)
  return program
}

/** What a noun, or the program, does when no verb follows; a word that is no verb is told with the nearest one. */
function bareAction(command: Command, noun: string | null, argv: readonly string[], found: Found): Command {
  const prefix = noun === null ? 'im' : `im ${noun}`
  const fail = (error: CommanderError): never => {
    throw usageError(error, null, argv, prefix)
  }
  command.exitOverride(fail)
  return command.action(() => {
    const [word] = command.args
    if (word === undefined) return found({ noun, verb: null, operands: [] })
    const near = nearest(
      word,
      command.commands.map((sub) => sub.name()),
    )
    throw new ImError('USAGE', `${prefix} knows no "${word}"`, {
      hint: near === null ? `${prefix} -h` : `did you mean: ${prefix} ${near}`,
    })
  })
}

/** A command with nothing of commander's own: no help, no output, no limit on words. */
function plain(command: Command): Command {
  command.helpOption(false).helpCommand(false).allowExcessArguments(true)
  return command.configureOutput({ writeOut: () => {}, writeErr: () => {} })
}

/** Every time a flag is given it is noted in `given`. */
function addFlags(command: Command, flags: readonly FlagName[], given: Given): void {
  for (const flag of flags) {
    const option = command.createOption(FLAGS[flag].spelling)
    command.addOption(option)
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      given.set(flag, [...(given.get(flag) ?? []), value ?? ''])
    })
  }
}

/** Commander's refusal in our words. Its codes are API; the quoted word and its suggestion are taken from the message. */
function usageError(error: CommanderError, verb: VerbSpec | null, argv: readonly string[], prefix = 'im'): ImError {
  const name = verb === null ? prefix : `im ${verb.name}`
  const [sentence = '', suggestion] = error.message.split('\n')
  const word = /'([^']*)'/.exec(sentence)?.[1] ?? ''
  if (error.code === 'commander.optionMissingArgument') {
    return new ImError('USAGE', `${word.split(' <')[0]} needs a value`, { hint: `${name} -h` })
  }
  if (error.code !== 'commander.unknownOption') return new ImError('USAGE', sentence, { hint: `${name} -h` })
  const typed = argv.find((arg) => arg.startsWith('-') && arg.includes(word.replace(/^-+/, ''))) ?? word
  if (verb?.words.includes('TEXT') && !word.startsWith('--')) return dashText(verb, typed)
  const near = /Did you mean (?:one of )?(.*)\?/.exec(suggestion ?? '')?.[1]
  const hint = near === undefined ? `${name} -h` : `did you mean: ${near}`
  return new ImError('USAGE', `${name} knows no ${word}`, { hint })
}

function dashText(verb: VerbSpec, typed: string): ImError {
  return new ImError(
    'USAGE',
    `"${typed}" reads as a flag; a text that begins with "-" goes through -m, -F, -- or stdin`,
    {
      hint: `im ${verb.name} ${verb.words.startsWith('WHO') ? 'WHO ' : ''}-m "${typed}"`,
    },
  )
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

/** The candidate that shares most of its letters with the word, if one is near. */
function nearest(word: string, candidates: readonly string[]): string | null {
  const distances = candidates.map((name) => ({ name, distance: editDistance(word, name) }))
  const best = distances.reduce((a, b) => (b.distance < a.distance ? b : a), { name: '', distance: Infinity })
  return best.distance <= Math.min(2, word.length - 1) ? best.name : null
}

/** Levenshtein's: insertions, deletions, substitutions. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
