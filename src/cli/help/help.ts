/** Help texts, made from the same tables that parsing uses. */
import { FLAGS, type FlagName, GLOBAL_FLAGS } from '../tree/flags.ts'
import { VERBS as ALL, NOUNS } from '../tree/index.ts'
import type { VerbSpec } from '../tree/verb.ts'
import { TOPICS } from './topics.ts'

const EXAMPLES = [
  ['im register --nick Ana', 'make an account'],
  ['im friend add 4835022718', 'ask somebody to be friends'],
  ['im backup add bo "lunch?" --when-online --send', 'sent once Bo is there, also with this machine off'],
  ['im remind "water the plants" --at "fri 9:30"', 'a reminder for yourself'],
  ['im backup list', 'what waits, on every terminal of yours'],
  ['im watch --type message --json', 'what happens, for scripts'],
] as const

const VERBS = ALL.filter((verb) => !verb.hidden)

/** Help for the program (null), a noun or a verb; a name that is neither gives null. */
export function helpText(name: string | null): string {
  if (name === null) return programHelp()
  const verb = VERBS.find((known) => known.name === name)
  return verb === undefined ? nounHelp(name) : verbHelp(verb)
}

export function isHelpName(name: string): boolean {
  return VERBS.some((verb) => verb.name === name) || NOUNS.some((noun) => noun.name === name)
}

/** All that `im help` takes, for completion. */
export function helpNames(): { value: string; about: string }[] {
  const topics = Object.entries(TOPICS).map(([value, { about }]) => ({ value, about }))
  const plain = [...VERBS, ...NOUNS].filter(({ name }) => !name.includes(' ') && !Object.hasOwn(TOPICS, name))
  return [...topics, ...plain.map(({ name, summary }) => ({ value: name, about: summary }))]
}

function programHelp(): string {
  const plain = VERBS.filter((verb) => !verb.name.includes(' '))
  return page(
    'im: messages written now, sent when their moment comes',
    '',
    ...columns(EXAMPLES.map(([command, says]) => [command, says])),
    '',
    ...columns([
      ...plain.map(rowOf),
      ...NOUNS.filter(({ name }) => !name.includes(' ')).map(
        ({ name, summary }): Row => [`${name} …`, `${summary}: ${verbsOf(name)}`],
      ),
    ]),
    '',
    `im VERB -h shows one verb; im help TOPIC explains: ${Object.keys(TOPICS).join(', ')}`,
    '',
    ...columns(GLOBAL_FLAGS.map(flagRow)),
  )
}

function nounHelp(noun: string): string {
  const summary = NOUNS.find(({ name }) => name === noun)?.summary ?? ''
  const verbs = VERBS.filter((verb) => verb.name.startsWith(`${noun} `))
  return page(`im ${noun}: ${summary}`, '', ...columns(verbs.map(rowOf)), '', `im ${noun} VERB -h shows one verb.`)
}

function verbHelp(verb: VerbSpec): string {
  const words = verb.words === '' ? '' : ` ${verb.words}`
  const own = (verb.flags ?? []).map(flagRow)
  return page(
    `im ${verb.name}${words}${own.length === 0 ? '' : ' [flags]'}${verb.command ? ' [-- CMD ARG...]' : ''}`,
    `  ${verb.summary}`,
    '',
    `  ${verb.example}`,
    ...(own.length === 0 ? [] : ['', ...columns(own)]),
    '',
    `  everywhere: ${GLOBAL_FLAGS.map((flag) => FLAGS[flag].spelling.split(/, | </)[0]).join(' ')}`,
  )
}

type Row = readonly [string, string]

function rowOf(verb: VerbSpec): Row {
  return [`${verb.name}${verb.words === '' ? '' : ` ${verb.words}`}`, verb.summary]
}

function flagRow(flag: FlagName): Row {
  return [FLAGS[flag].spelling.replace(/[<>]/g, ''), FLAGS[flag].help]
}

function verbsOf(noun: string): string {
  return VERBS.flatMap((verb) => (verb.name.startsWith(`${noun} `) ? [verb.name.slice(noun.length + 1)] : [])).join(
    ', ',
  )
}

function columns(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

function page(...lines: string[]): string {
  return `${lines.join('\n')}\n`
}
