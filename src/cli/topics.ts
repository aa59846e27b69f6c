/** `im help TOPIC`: what no single verb's help can say. */
import { ERRORS } from '../protocol/errors.ts'
import { FLAGS, type FlagName } from './flags.ts'
import { POLICY_FLAGS, WHEN_FLAGS } from './tree/backup.ts'

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

function rowsOf(flags: readonly FlagName[]): string {
  return flags.map((flag) => `  ${FLAGS[flag].spelling.replace(/[<>]/g, '').padEnd(28)}${FLAGS[flag].help}`).join('\n')
}

function backup(): string {
  return `A backup is a message you have written and not sent. When its moment comes it reminds you, or with --send is sent.
It lies on the relay, so every terminal of yours can show, edit and cancel it, and it goes with all of them off.
${rowsOf(WHEN_FLAGS)}
None of them: it waits for im backup send ID. Several: all have to hold, or with --any one.
--when-X is a state, now or later; --next-X a change from now on. --every opens a slot each time and ends one that still
waits; --repeat arms an event again after each firing.

What gates it, and what if it comes too late
${rowsOf(POLICY_FLAGS)}
Waiting for a friend, a window or quiet hours is no lateness. im quiet 22:00-07:00 holds popups and what is sent by
itself, never a time you chose that is on time; im friend quiet WHO does so for one friend.

Its life: armed, then due (a reminder) or sent; or cancelled, dismissed, missed, expired, failed. im backup show says why.
  im backup snooze ID 1h     a due one is due again then
  im backup pause ID         it rests; im backup resume ID arms it again, what of a series passed is skipped
  im backup skip ID 2        the next two slots of a series are left out
  im backup send ID          now; of a series one besides, and it goes on; im backup cancel ID ends a series whole
--run -- CMD ARG runs a command on this device alone, without a shell, the backup as JSON on its stdin; for that,
im config set run.enabled true.
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
