import { ADVICE } from '../src/protocol/error-advice.ts'
import { ERRORS, type ErrorCode } from '../src/protocol/errors.ts'

/** What the codes of one exit status have in common, and the first thing to look at. */
const GROUPS: readonly { exit: number; title: string; first: string }[] = [
  {
    exit: 2,
    title: 'The command line',
    first:
      'Nothing was done. The line under the error is the next command to try; `im VERB -h` shows what the verb takes.',
  },
  {
    exit: 3,
    title: 'Relay and disk',
    first:
      '`im whoami` says which relay, `im daemon status` whether there is a link, `im daemon logs` why not. What could be kept here goes out by itself.',
  },
  { exit: 4, title: 'Login', first: '`im whoami` says who is logged in here.' },
  { exit: 5, title: 'Too fast', first: 'Nothing was done; `retryAfterMs` says when it can be.' },
  { exit: 6, title: 'Not found', first: 'Names and ids are completed by TAB: `im completion install`.' },
  {
    exit: 7,
    title: 'Refused',
    first:
      'It was understood, and is not done. The same command again is refused again, until what the message names has changed.',
  },
  { exit: 8, title: 'Not finished', first: 'It was accepted, and printed; it goes on by itself.' },
  {
    exit: 9,
    title: 'The daemon',
    first: '`im daemon start --foreground` shows what it says; `im daemon logs` what it said.',
  },
  { exit: 124, title: 'Time', first: 'Nothing was accepted or seen.' },
  {
    exit: 130,
    title: 'Interrupted',
    first: 'What was under way may have been done: look before you repeat it, or use `--key`.',
  },
  { exit: 1, title: 'Inside', first: 'A fault of `im`.' },
]

/** `docs/troubleshooting.md`, made from the table of errors. `npm run docs` writes it. */
export function troubleshootingDoc(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[]
  const missing = codes.filter((code) => !GROUPS.some(({ exit }) => exit === ERRORS[code].exit))
  if (missing.length > 0) throw new Error(`no group for ${missing.join(', ')}`)
  const sections = GROUPS.map(({ exit, title, first }) =>
    [
      `## ${title} (exit ${exit})`,
      '',
      first,
      '',
      ...codes
        .filter((code) => ERRORS[code].exit === exit)
        .map((code) => {
          const { retry, sentence } = ERRORS[code]
          return `- **${code}**: ${sentence} ${ADVICE[code]}${retry ? ' The same command can succeed later.' : ''}`
        }),
    ].join('\n'),
  )
  return `${[
    '# When something goes wrong',
    '<!-- Made by `npm run docs` from the table of errors; a test compares. -->',
    'An error is `im: SENTENCE [CODE]`, and under it what to do. `im doctor` looks for what is wrong with a whole machine.\nHow things behave that look wrong and are not: [what-happens-when.md](what-happens-when.md).',
    ...sections,
  ].join('\n\n')}\n`
}
