import { ADVICE } from '../src/protocol/error-advice.ts'
import { ERRORS, type ErrorCode } from '../src/protocol/errors.ts'

/** `docs/errors.md`, made from the table of errors. `npm run docs` writes it. */
export function errorsDoc(): string {
  const codes = (Object.keys(ERRORS) as ErrorCode[]).sort((a, b) => ERRORS[a].exit - ERRORS[b].exit)
  const rows = codes.map((code) => {
    const { exit, retry, sentence } = ERRORS[code]
    return row([`\`${code}\``, `${exit}`, retry ? 'yes' : 'no', sentence, ADVICE[code]])
  })
  return `${[
    '# Errors',
    '',
    '<!-- Made by `npm run docs` from src/protocol/errors.ts and src/protocol/error-advice.ts; a test compares. -->',
    '',
    'An error is `im: SENTENCE [CODE]` on stderr; with `--json` an object. Codes and exit codes are API, sentences may change.',
    'Retry: whether the same command can succeed later without anything being changed.',
    '',
    row(['code', 'exit', 'retry', 'sentence', 'what to do']),
    row(['---', '---:', '---', '---', '---']),
    ...rows,
  ].join('\n')}\n`
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
