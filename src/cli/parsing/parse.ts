/**
 * From argv to the verb that is meant, by commander: it says what is wrong with a line, and with what else. Loaded only for
 * a line that `plain-line.ts` does not read.
 */
import { Command, type CommanderError } from 'commander'
import { ImError } from '../../protocol/errors.ts'
import { FLAGS, type FlagName, GLOBAL_FLAGS } from '../tree/flags.ts'
import { NOUNS, VERBS } from '../tree/index.ts'
import type { VerbSpec } from '../tree/verb.ts'
import { checkedLine, dashText, type Given, giveFlag, type Parsed, type Place } from './command-line.ts'

/** @throws ImError USAGE with the next command to try. */
export function parse(argv: readonly string[]): Parsed {
  const given: Given = new Map()
  const place: Place = { noun: null, verb: null, operands: [] }
  const program = commandTree(given, argv, (found) => Object.assign(place, found))
  program.parse([...argv], { from: 'user' })
  return checkedLine(given, place, argv)
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
    const known = noun === null ? nounsThatKnow(word) : []
    const meant = known.length > 0 || near === null ? known : [`${prefix} ${near}`]
    throw new ImError('USAGE', `${prefix} knows no "${word}"`, {
      hint: meant.length === 0 ? `${prefix} -h` : `did you mean: ${meant.join(', or ')}`,
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
      giveFlag(given, flag, value ?? '')
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

/** Of `stop`, `im daemon stop` and `im relay stop`; the first few. */
function nounsThatKnow(word: string): string[] {
  const known = VERBS.filter(({ name, hidden }) => hidden !== true && name.endsWith(` ${word}`))
  return known.slice(0, 3).map(({ name }) => `im ${name}`)
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
