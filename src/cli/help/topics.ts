/** `im help TOPIC`: what no single verb's help can say. */
import { ERRORS } from '../../protocol/errors.ts'
import { helpLines } from '../chat/slash.ts'
import { POLICY_FLAGS, WHEN_FLAGS } from '../tree/backup.ts'
import { FLAGS, type FlagName } from '../tree/flags.ts'

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
  IM_FORCE_TTY=COLUMNS prints as on a terminal of that width
  --password-stdin takes a password; IM_NO_INPUT never asks; IM_PROFILE and IM_HOME choose another account
  im watch --json prints events; im watch -- CMD runs CMD for each: no shell, IM_TYPE IM_FROM IM_NICK IM_TEXT
  IM_BACKUP_ID in its environment, the object on its stdin
  im wait bo --online && im send bo "hi"
`

const TEXT = `Where a text comes from: one of
  TEXT           im send bo "lunch?": one word, so quote it
  -m TEXT        also for one that begins with "-"; or im send bo -- "-5 degrees"
  -F FILE        a file; -F - and - read stdin: uptime | im send bo -
  -e             $VISUAL or $EDITOR
Stdin and files lose one newline at their end, no more. Empty texts, NUL and what is not UTF-8 are refused; 16 KiB is the most.
A text that reads wholly as a time beside --at is taken for a forgotten quote: with -m it is the text.
`

const IDS = `Ids
  every backup, message and device has one; four characters of its beginning are enough while they are the only ones
  piped, add and send print the id; -q prints ids only: im backup cancel $(im backup list --to bo -q)
  --key K gives your own name: one name space per account, kept 90 days after the end
    the same key and arguments again are a retry; other arguments edit a backup that waits; one that was sent is ALREADY_SENT
  names, ids and states are the same here, in JSON, in the conversation window and on notifications
`

const PRESENCE = `Presence
  online   somebody used a terminal of theirs within 15 minutes        away, busy   as they say, or nobody is at it
  offline  no terminal connected, or invisible; told 15 s after the last one has gone
im status busy -m "writing" sets yours, im status online takes it back; im friend hide WHO on hides you from one friend.
"Online" in --when-online is exactly online: away and busy do not count. --when-online holds as soon as they are there,
--next-signon only when they come anew. What is seen first after a connection was down never counts as coming online.
im friend notify WHO on pops up each time they come online, once the next time only.
`

const PRIVACY = `Who can read what
  texts, notes, aliases, words to match and commands are sealed on your terminal; the relay cannot read them
  the relay sees who writes to whom, when and how much, nicks, status texts, times, zones, windows and kinds of triggers
  friends see your presence, nobody else does; nobody can tell that a backup waits for them
  im friend show WHO prints a safety number: if yours and theirs are equal, nobody sits in between; im friend verify WHO
  without password, recovery code and a terminal that is logged in the account is lost: nobody can open it
docs/threats.md says what a hostile relay can do and what not.
`

const DAEMON = `The daemon
One for each profile, started by the first verb that needs it. It keeps the link to the relay, your backups and what is not
sent yet, and shows notifications. Nothing is lost when it is killed.
  im daemon status           how it is; exit 9 when none runs
  im daemon logs -f          what it says
  im daemon stop             the next verb starts it again, unless IM_NO_AUTOSTART=1
  --profile NAME, IM_PROFILE  another account on this machine; IM_HOME=DIR puts all files of all profiles under DIR
`

function rowsOf(flags: readonly FlagName[]): string {
  return flags.map((flag) => `  ${FLAGS[flag].spelling.replace(/[<>]/g, '').padEnd(28)}${FLAGS[flag].help}`).join('\n')
}

function triggers(): string {
  return `When it comes due
${rowsOf(WHEN_FLAGS)}
None of them: it waits for im backup send ID. Several: all have to hold, or with --any one.
--when-X is a state, now or later; --next-X a change from now on. A time among several means "not before". --every opens a
slot each time and ends one that still waits; --repeat arms an event again after each firing.

What gates it, and what if it comes too late
${rowsOf(POLICY_FLAGS)}
Waiting for a friend, a window or quiet hours is no lateness. im quiet 22:00-07:00 holds popups and what is sent by
itself, never a time you chose that is on time; im friend quiet WHO does so for one friend.
  im backup add bo "free?" --when-online --between 09:00-18:00 --days mon-fri --else-at "fri 17:00" --send
  im backup add bo "and?" --in 2d --unless-reply cancel --send
All of them go with every terminal of yours switched off, but those with --matching, --matching-re and --run.
`
}

function backup(): string {
  return `A backup is a message you have written and not sent. When its moment comes it reminds you, or with --send is sent.
It lies on the relay, so every terminal of yours can show, edit and cancel it, and it goes with all of them off.
Its moment: im help triggers. Its life: armed, then due (a reminder) or sent; or cancelled, dismissed, missed, expired,
failed. im backup show says why.
  im backup snooze ID 1h     a due one is due again then
  im backup pause ID         it rests; im backup resume ID arms it again, what of a series passed is skipped
  im backup skip ID 2        the next two slots of a series are left out
  im backup send ID          now; of a series one besides, and it goes on; im backup cancel ID ends a series whole
  im backup undo             takes back the last cancel or dismiss, for a day
  im backup export -o F      all that wait, to a file; im backup import F takes them back, and doubles none
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

export interface Topic {
  about: string
  text: () => string
}

function chat(): string {
  return `im chat WHO opens a conversation, im chat the list of your friends. What was said goes into the scrollback of the
terminal; under it stand the friend's state and the edit line. A backup that is due for the friend stands in the edit line:
edit it or not, Enter sends it as that backup; what you were writing stays. Text that is not sent is kept on this device.
The mark under your newest message: queued (the relay is away), sent, delivered, read, failed.
${helpLines()
  .map((line) => `  ${line}`)
  .join('\n')}
Line by line, for screen readers and simple terminals: im chat WHO --plain, im config set chat.plain true. Then a due text
is read out whole; Enter sends it, e opens it in $EDITOR, anything else is a new message, and commands work as above.
`
}

export const TOPICS: Readonly<Record<string, Topic>> = {
  time: { about: 'how times and lengths are written', text: () => TIME },
  triggers: { about: 'when a backup comes due', text: triggers },
  backup: { about: 'the life of a backup', text: backup },
  text: { about: 'where a text comes from', text: () => TEXT },
  who: { about: 'how friends are named', text: () => WHO },
  ids: { about: 'ids and keys', text: () => IDS },
  presence: { about: 'online, away, busy, offline', text: () => PRESENCE },
  privacy: { about: 'who can read what', text: () => PRIVACY },
  scripting: { about: 'output, JSON, waiting', text: () => SCRIPTING },
  'exit-codes': { about: 'what each means', text: exitCodes },
  chat: { about: 'the conversation window: its keys and commands', text: chat },
  daemon: { about: 'the process behind the verbs', text: () => DAEMON },
}
