/** What may stand where the cursor is, from the tables alone; what only the daemon knows is named as a kind. */
import { FLAGS, type FlagName, GLOBAL_FLAGS, valueName } from '../tree/flags.ts'
import { NOUNS, VERBS } from '../tree/index.ts'
import { type VerbSpec, wordSpecs } from '../tree/verb.ts'

export interface Candidate {
  value: string
  /** Shown beside it by the shells that can. */
  about: string
}

/** Values that are looked up when they are wanted: by the name they have in the tables. */
export type Live = 'WHO' | 'ID' | 'ENDED' | 'DEVICE' | 'KEY' | 'VALUE' | 'TOPIC' | 'ZONE'

export type Wanted =
  | { kind: 'these'; candidates: readonly Candidate[]; live: Live | null }
  /** Names of files: the shell knows them best. */
  | { kind: 'files' }

/** The words before the cursor, without `im`, and the one it stands in, which may be empty. */
export function wanted(before: readonly string[], current: string): Wanted {
  const place = placeOf(before)
  if (place.value !== null) return valuesOf(place.value)
  if (place.closed) return { kind: 'files' }
  if (current.startsWith('-')) return these(flagsHere(place))
  if (place.verb === null) return these(verbsHere(place.noun))
  return wordHere(place.verb, place.words)
}

interface Place {
  noun: string | null
  verb: VerbSpec | null
  /** How many words of the verb's stand before the cursor. */
  words: number
  given: FlagName[]
  /** The flag whose value is due. */
  value: FlagName | null
  /** Behind `--`. */
  closed: boolean
}

function placeOf(before: readonly string[]): Place {
  const place: Place = { noun: null, verb: null, words: 0, given: [], value: null, closed: false }
  for (const word of before) {
    if (place.value !== null) place.value = null
    else if (word === '--') return { ...place, closed: true }
    else if (word.startsWith('-') && word !== '-') takeFlag(place, word)
    else if (place.verb !== null) place.words += 1
    else takeName(place, word)
  }
  return place
}

function takeFlag(place: Place, word: string): void {
  const flag = flagNames(place.verb).find((name) => formsOf(name).includes(word))
  if (flag === undefined) return
  place.given.push(flag)
  if (FLAGS[flag].kind !== 'switch') place.value = flag
}

function takeName(place: Place, word: string): void {
  const name = place.noun === null ? word : `${place.noun} ${word}`
  place.verb = VERBS.find((verb) => verb.name === name) ?? null
  if (place.verb === null && NOUNS.some((noun) => noun.name === name)) place.noun = name
}

function flagNames(verb: VerbSpec | null): FlagName[] {
  return [...(verb?.flags ?? []), ...GLOBAL_FLAGS]
}

function formsOf(flag: FlagName): string[] {
  return (FLAGS[flag].spelling.split(' <')[0] ?? '').split(', ')
}

function these(candidates: readonly Candidate[], live: Live | null = null): Wanted {
  return { kind: 'these', candidates, live }
}

/** Those that were not given yet, or may be given again; of the global ones, once a verb is there, only the long. */
function flagsHere({ verb, given }: Place): Candidate[] {
  const open = flagNames(verb).filter((flag) => !given.includes(flag) || FLAGS[flag].kind === 'list')
  return open.flatMap((flag) => formsOf(flag).map((value) => ({ value, about: FLAGS[flag].help })))
}

/** The next word of the names that begin so: verbs, and nouns with verbs of their own. */
function verbsHere(noun: string | null): Candidate[] {
  const prefix = noun === null ? '' : `${noun} `
  const named = [...VERBS.filter((verb) => !verb.hidden), ...NOUNS].filter(({ name }) => name.startsWith(prefix))
  return named.flatMap(({ name, summary }) => {
    const rest = name.slice(prefix.length)
    return rest.includes(' ') ? [] : [{ value: rest, about: summary }]
  })
}

const FILES = ['FILE', 'DIR']

function valuesOf(flag: FlagName): Wanted {
  const { help, values } = FLAGS[flag]
  if (values !== undefined) return these(values.map((value) => ({ value, about: help })))
  const name = valueName(flag)
  if (FILES.includes(name)) return { kind: 'files' }
  return these([], liveOf(name))
}

function liveOf(name: string): Live | null {
  const known: readonly Live[] = ['WHO', 'ID', 'DEVICE', 'KEY', 'VALUE', 'TOPIC', 'ZONE']
  return known.find((live) => live === name) ?? null
}

/** Words with small letters are to be typed so; those in capitals stand for something. */
function wordHere(verb: VerbSpec, words: number): Wanted {
  const specs = wordSpecs(verb.words)
  const spec = specs[words] ?? (specs.at(-1)?.many ? specs.at(-1) : undefined)
  if (spec === undefined) return these([])
  if (verb.choices?.[spec.name] !== undefined) {
    return these(verb.choices[spec.name]?.map((value) => ({ value, about: verb.summary })) ?? [])
  }
  if (FILES.includes(spec.name)) return { kind: 'files' }
  if (spec.name === 'ID' && verb.name === 'backup undo') return these([], 'ENDED')
  if (spec.name === 'ID' && !verb.name.startsWith('backup')) return these([])
  if (spec.name === 'WHO|ID') return these([], 'WHO')
  return these([], liveOf(spec.name))
}
