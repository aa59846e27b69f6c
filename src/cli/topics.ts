/** `im help TOPIC`: what no single verb's help can say. */
import { ERRORS } from '../protocol/errors.ts'
import { FLAGS } from './flags.ts'
import { WHEN_FLAGS } from './tree/backup.ts'

const TIME = `Times
  an instant     2026-12-24T18:00:00Z, "2026-12-24 18:00" here, @1798131600
  day and clock  "today 9am", "tomorrow 9am", "fri 9:30", "next monday 9am", "24 dec 18:00"
  a clock        9am, 9:30pm, 21:30, noon: the next time it shows; midnight is written 00:00
  a length       90s, 15m, 2h30m, 3d, 2w, also "in 2 hours": 3d keeps the wall clock, 72h is exact
What is past is refused, never moved. Words are read in your zone; --tz beats it; an offset in the time beats both.
  im when "fri 9:30" --tz Asia/Tokyo shows what a time means.
`

const WHO = `WHO, in this order
  a UIN (spaces and dashes do not count), me, an alias, a friend's full name, on a terminal the beginning of one
The name is the one they had when you became friends; im friend alias WHO NAME gives your own.
`

const SCRIPTING = `For scripts
  data is on stdout, talk on stderr; piped, what makes something prints its id, and tables are tab-separated
  --json prints one object a line, each with "v":1; --fields id,to only these; -q only ids
  --key K makes a command repeatable: the same key and arguments again are the same message or backup
  --wait returns when a device of theirs has it: 0; ended by --timeout: 8
  --password-stdin takes a password; IM_NO_INPUT never asks; IM_PROFILE and IM_HOME choose another account
  im watch --json prints events; im watch -- CMD runs CMD for each: no shell, IM_TYPE IM_FROM IM_NICK IM_TEXT
  IM_BACKUP_ID in its environment, the object on its stdin
  im wait bo --online && im send bo "hi"
`

function backup(): string {
  const rows = WHEN_FLAGS.map((flag) => `  ${FLAGS[flag].spelling.replace(/[<>]/g, '').padEnd(26)}${FLAGS[flag].help}`)
  return `A backup is a message you have written and not sent. When its moment comes it reminds you, or with --send is sent.
It lies on the relay, so every terminal of yours can show, edit and cancel it, and it goes with all of them off.
${rows.join('\n')}
None of them: it waits for im backup send ID. Several: all have to hold, or with --any one.
Its life: armed, then due (a reminder) or sent; or cancelled, dismissed, missed, expired, failed. im backup show says why.
`
}

function exitCodes(): string {
  const byExit = new Map<number, string[]>([[0, ['done; an empty list is a success']]])
  for (const [code, { exit }] of Object.entries(ERRORS)) byExit.set(exit, [...(byExit.get(exit) ?? []), code])
  const rows = [...byExit]
    .sort(([a], [b]) => a - b)
    .map(([exit, codes]) => `  ${String(exit).padStart(3)}  ${codes.join(' ')}`)
  return `Exit codes, and the error codes behind them\n${rows.join('\n')}\n`
}

export const TOPICS: Readonly<Record<string, () => string>> = {
  time: () => TIME,
  who: () => WHO,
  backup,
  'exit-codes': exitCodes,
  scripting: () => SCRIPTING,
}
