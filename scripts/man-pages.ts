import { readFileSync } from 'node:fs'
import { TOPICS } from '../src/cli/help/topics.ts'
import { FLAGS, type FlagName, GLOBAL_FLAGS } from '../src/cli/tree/flags.ts'
import { NOUNS } from '../src/cli/tree/index.ts'
import type { VerbSpec } from '../src/cli/tree/verb.ts'
import { CONFIG_KEYS } from '../src/host/config-keys.ts'
import { ERRORS } from '../src/protocol/errors.ts'
import { usageOf, verbsByNoun } from './commands-doc.ts'

/** When the form of the manuals last changed: their text follows the tables, which have no date. */
const DATE = '2026-11-22'

/** A manual, by the name of its file: `im-backup.1`. */
export interface Page {
  name: string
  text: string
}

/** All manuals, in man(7). Made from the tables of verbs, flags, topics, errors and settings. */
export function manPages(version: string): Page[] {
  const groups = verbsByNoun()
  const nouns = [...groups].filter(([noun, verbs]) => noun !== '' && verbs.length > 0)
  return [
    mainPage(groups.get('') ?? [], version),
    ...nouns.map(([noun, verbs]) => nounPage(noun, verbs, version)),
    configPage(version),
    relayConfigPage(version),
  ]
}

/** Text as roff takes it: no escapes of its own, no line that reads as a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replace(/^\./gm, '\\&.')
}

const bold = (text: string): string => `\\fB${roff(text)}\\fR`

function header(name: string, section: number, version: string, about: string): string[] {
  return [
    `.TH ${name.toUpperCase()} ${section} ${DATE} "im ${version}" "im manual"`,
    '.SH NAME',
    `${name} \\- ${roff(about)}`,
  ]
}

function listed(term: string, text: string): string[] {
  return ['.TP', term, roff(text)]
}

function example(text: string): string[] {
  return ['.nf', roff(text.trimEnd()), '.fi']
}

function flagItem(flag: FlagName): string[] {
  return listed(bold(FLAGS[flag].spelling.replace(/[<>]/g, '')), FLAGS[flag].help)
}

function verbPart(verb: VerbSpec): string[] {
  return [
    `.SS ${roff(usageOf(verb))}`,
    `${roff(verb.summary)}.`,
    '.PP',
    ...example(`    ${verb.example}`),
    ...(verb.flags ?? []).flatMap(flagItem),
  ]
}

function globals(): string[] {
  return ['.SH OPTIONS EVERYWHERE', ...GLOBAL_FLAGS.flatMap(flagItem)]
}

function seeAlso(...names: string[]): string[] {
  return ['.SH SEE ALSO', names.map((name) => `.BR ${name.replace(/-/g, '\\-').replace('(', ' (')}`).join(' ,\n')]
}

function mainPage(verbs: readonly VerbSpec[], version: string): Page {
  const nouns = NOUNS.filter(({ name }) => !name.includes(' '))
  const exits = new Map<number, string[]>([[0, ['done']]])
  for (const [code, { exit }] of Object.entries(ERRORS)) exits.set(exit, [...(exits.get(exit) ?? []), code])
  const lines = [
    ...header('im', 1, version, 'messages written now, sent when their moment comes'),
    '.SH SYNOPSIS',
    '.B im',
    '[VERB] [WORDS] [flags]',
    '.SH DESCRIPTION',
    'A backup is a message written now and not sent yet. It lies sealed on a relay under your account, every terminal of',
    'yours can show, edit and cancel it, and it is sent, or you are reminded of it, when its moment comes.',
    '.SH VERBS',
    ...verbs.flatMap(verbPart),
    '.SH NOUNS',
    ...nouns.flatMap(({ name, summary }) => listed(bold(`im ${name}`), `${summary}: im\\-${name}(1)`)),
    ...Object.entries(TOPICS).flatMap(([name, { text }]) => [
      `.SH ${name.toUpperCase().replace('-', ' ')}`,
      ...example(text()),
    ]),
    ...globals(),
    '.SH EXIT STATUS',
    ...[...exits].sort(([a], [b]) => a - b).flatMap(([exit, codes]) => listed(bold(String(exit)), codes.join(' '))),
    ...seeAlso(...nouns.map(({ name }) => `im-${name}(1)`), 'im-config(5)', 'im-relay.toml(5)'),
  ]
  return { name: 'im.1', text: `${lines.join('\n').replaceAll('im\\e\\-', 'im\\-')}\n` }
}

function nounPage(noun: string, verbs: readonly VerbSpec[], version: string): Page {
  const about = NOUNS.find(({ name }) => name === noun)?.summary ?? ''
  const lines = [
    ...header(`im-${noun}`, 1, version, about),
    '.SH SYNOPSIS',
    ...verbs.flatMap((verb) => ['.PP', roff(usageOf(verb))]).slice(1),
    '.SH VERBS',
    ...verbs.flatMap(verbPart),
    ...globals(),
    ...seeAlso('im(1)'),
  ]
  return { name: `im-${noun}.1`, text: `${lines.join('\n')}\n` }
}

function configPage(version: string): Page {
  const lines = [
    ...header('im-config', 5, version, 'settings of a profile'),
    '.SH DESCRIPTION',
    'A TOML file; im config path says where it lies, im config set changes a line of it. All keys are optional.',
    '.SH KEYS',
    ...Object.entries(CONFIG_KEYS).flatMap(([key, { about, fallback }]) =>
      listed(bold(key), `${about}${fallback === null ? '' : ` Default: ${fallback}.`}`),
    ),
    ...seeAlso('im(1)', 'im-config(1)'),
  ]
  return { name: 'im-config.5', text: `${lines.join('\n')}\n` }
}

/** The file as docs/operating.md shows it, which is where it is explained. */
function relayToml(): string {
  const operating = readFileSync(new URL('../docs/operating.md', import.meta.url), 'utf8')
  return /^```toml\n(.*?)^```$/ms.exec(operating)?.[1] ?? ''
}

function relayConfigPage(version: string): Page {
  const lines = [
    ...header('im-relay.toml', 5, version, 'settings of a relay'),
    '.SH DESCRIPTION',
    'A TOML file in the data directory of a relay, or named by im relay start \\-\\-config. All keys are optional, and an unknown one is',
    'an error; im relay config check names every fault with its line. Durations are in milliseconds. With the defaults:',
    '.PP',
    ...example(relayToml()),
    ...seeAlso('im-relay(1)'),
  ]
  return { name: 'im-relay.toml.5', text: `${lines.join('\n')}\n` }
}
