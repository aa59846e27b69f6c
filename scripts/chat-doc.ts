import { keyRows, slashRows } from '../src/cli/chat/slash.ts'

/** `docs/chat.md`: what a person at the window wants to know, with the tables the window itself goes by. */
export function chatDoc(): string {
  return `${[
    '# The conversation window',
    '',
    '<!-- Made by `npm run docs` from scripts/chat-doc.ts and src/cli/chat/{keys,slash}.ts; a test compares. -->',
    '',
    '    im chat bo            the conversation with Bo',
    '    im chat               the list of your friends: type to filter, Enter opens',
    '    im chat --backup ID   the conversation a due backup is for, its text in the edit line',
    '    im chat bo --plain    line by line, for screen readers and simple terminals (im config set chat.plain true)',
    '',
    'What was said goes into the scrollback of the terminal. Under it stand a few rows: the mark of your newest message (queued,',
    'sent, delivered, read, failed), what is due, the friend with what is kept for them and what is unread elsewhere, and the edit',
    'line. Messages count as read when they are shown while you look; a terminal that reports its focus says when you do.',
    '',
    '## What is due',
    '',
    'Opening a friend for whom a backup is due puts its text into the edit line, newlines included, the oldest first. Enter sends',
    'it as that backup, edited or not, so your other terminals see it as sent; Esc lets go of it and it stays due; Ctrl+O sends it as',
    'it stands, snoozes or dismisses it. What you were writing stays in the edit line, and the due one is offered instead; so is one',
    'that comes due while the conversation is open. One that another terminal dealt with disappears.',
    '',
    '## What is kept',
    '',
    'Ctrl+B keeps the text as a backup and asks when: `at 9am`, `in 2h`, `every friday 17:00`, `online`, `next online`, `read`, `manual`,',
    'or a time alone. Tab changes between "remind me" and "send it". What the words mean stands under them before Enter.',
    'Text that is not sent is kept on this device, sealed, and is there again when you come back, also after a crash.',
    '',
    '## Keys',
    '',
    ...table(['key', 'does'], keyRows()),
    '',
    '## Commands',
    '',
    ...table(['command', 'does'], slashRows()),
    '',
    '## Line by line',
    '',
    'With `--plain`, `chat.plain`, `TERM=dumb` or `INK_SCREEN_READER=true` nothing is redrawn and marks are words. A due text is read',
    'out whole; then Enter sends it, `e` opens it in $EDITOR, anything else is a new message. The commands are the same.',
  ].join('\n')}\n`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)]
}
