/**
 * Reads a plain command line without commander, whose loading costs as much as all the rest of a verb: known words, and
 * flags spelled out with their values after them, or `--flag=VALUE`. Anything else gives null, and commander reads it; a test holds that the
 * two never differ where both read.
 */

import { FLAGS, type FlagName, GLOBAL_FLAGS } from '../tree/flags.ts'
import { NOUNS, VERBS } from '../tree/index.ts'
import { checkedLine, type Given, giveFlag, type Parsed, type Place } from './command-line.ts'

/** @throws ImError USAGE where the line is plain, but not allowed. */
export function readPlain(argv: readonly string[]): Parsed | null {
  const given: Given = new Map()
  const place: Place = { noun: null, verb: null, operands: [] }
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '--' && place.verb !== null) {
      place.operands.push(...argv.slice(at + 1))
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      if (!takeWord(place, word)) return null
      continue
    }
    const [, spelled = word, joined] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
    const flag = flagOf(spelled, place.verb?.flags ?? [])
    if (flag === null) return null
    const isSwitch = FLAGS[flag].kind === 'switch'
    if (isSwitch && joined !== undefined) return null
    const value = isSwitch ? '' : (joined ?? argv[++at])
    if (value === undefined) return null
    giveFlag(given, flag, value)
  }
  return checkedLine(given, place, argv)
}

/** Goes on into the tree, or takes a word of the verb's; false: the tree knows no such word. */
function takeWord(place: Place, word: string): boolean {
  if (place.verb !== null) {
    place.operands.push(word)
    return true
  }
  const name = place.noun === null ? word : `${place.noun} ${word}`
  place.verb = VERBS.find((verb) => verb.name === name) ?? null
  if (place.verb !== null) place.noun = null
  else if (NOUNS.some((noun) => noun.name === name)) place.noun = name
  else return false
  return true
}

function flagOf(word: string, own: readonly FlagName[]): FlagName | null {
  const spelledSo = (flag: FlagName): boolean => {
    const { spelling } = FLAGS[flag]
    return spelling === word || spelling.startsWith(`${word} <`) || spelling.split(', ').includes(word)
  }
  return own.find(spelledSo) ?? GLOBAL_FLAGS.find(spelledSo) ?? null
}
