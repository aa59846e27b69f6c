import { FLAGS, type FlagName, GLOBAL_FLAGS } from '../src/cli/tree/flags.ts'
import { NOUNS, VERBS } from '../src/cli/tree/index.ts'
import type { VerbSpec } from '../src/cli/tree/verb.ts'

/** The verbs people see, by noun; the plain ones under ''. In the order of the tree. */
export function verbsByNoun(): Map<string, VerbSpec[]> {
  const groups = new Map<string, VerbSpec[]>([['', []]])
  for (const { name } of NOUNS) if (!name.includes(' ')) groups.set(name, [])
  for (const verb of VERBS.filter((one) => !one.hidden)) {
    const [first = ''] = verb.name.split(' ')
    const noun = verb.name.includes(' ') ? first : ''
    groups.set(noun, [...(groups.get(noun) ?? []), verb])
  }
  return groups
}

/** `im backup add WHO [TEXT] [flags]` */
export function usageOf({ name, words, flags = [], command }: VerbSpec): string {
  const end = command === undefined ? '' : command === true ? ' [-- CMD ARG...]' : ' [-- CMD ARG...]'
  return `im ${name}${words === '' ? '' : ` ${words}`}${flags.length === 0 ? '' : ' [flags]'}${end}`
}

function flagRow(flag: FlagName): string {
  return `| \`${FLAGS[flag].spelling.replaceAll('|', '\\|')}\` | ${FLAGS[flag].help.replaceAll('|', '\\|')} |`
}

function verbSection(verb: VerbSpec): string[] {
  const { flags = [], summary, example } = verb
  const table = flags.length === 0 ? [] : ['', '| flag | |', '| --- | --- |', ...flags.map(flagRow)]
  return [`### im ${verb.name}`, '', '```', usageOf(verb), '```', '', `${summary}.`, '', `    ${example}`, ...table, '']
}

/** `docs/commands.md`, made from the tree of verbs. `npm run docs` writes it. */
export function commandsDoc(): string {
  const groups = [...verbsByNoun()].filter(([, verbs]) => verbs.length > 0)
  const summary = (noun: string): string => NOUNS.find(({ name }) => name === noun)?.summary ?? ''
  return `${[
    '# Commands',
    '',
    '<!-- Made by `npm run docs` from src/cli/tree; a test compares. -->',
    '',
    'What each verb takes, in the words of its help. Times, names, texts and exit codes: `im help TOPIC`. Errors: [errors.md](errors.md).',
    '',
    'Flags that stand everywhere:',
    '',
    '| flag | |',
    '| --- | --- |',
    ...GLOBAL_FLAGS.map(flagRow),
    '',
    ...groups.flatMap(([noun, verbs]) => [
      noun === '' ? '## Daily verbs' : `## im ${noun}: ${summary(noun)}`,
      '',
      ...verbs.flatMap(verbSection),
    ]),
  ]
    .join('\n')
    .trimEnd()}\n`
}
