/** Every flag there is: its spelling, what its value is, and its line of help. Verbs name the ones they take. */

/**
 * What a flag's value is.
 *
 * - `switch`: none
 * - `value`: any text · `list`: the same, and the flag may repeat
 * - `time`, `duration`: words that a flag name can never be, so that a lost value is noticed
 * - `number`: a whole number from 1
 */
export type FlagKind = 'switch' | 'value' | 'list' | 'time' | 'duration' | 'number'

export interface FlagSpec {
  /** As commander reads it: `-q` or `--at <T>`. */
  spelling: string
  kind: FlagKind
  help: string
  /** All values it takes, where they are few. */
  values?: readonly string[]
}

/** A flag of a kind. `values`: all it takes, where they are few. */
const flagOf =
  <K extends FlagKind>(kind: K) =>
  (spelling: string, help: string, values?: readonly string[]): FlagSpec & { kind: K } => ({
    spelling,
    kind,
    help,
    ...(values !== undefined && { values }),
  })
const on = flagOf('switch')
const value = flagOf('value')
const list = flagOf('list')
const time = flagOf('time')
const duration = flagOf('duration')
const number = flagOf('number')

export const FLAGS = {
  profile: value('--profile <NAME>', 'use this profile: own account, own daemon (IM_PROFILE)'),
  json: on('--json', 'print one JSON object a line'),
  fields: value('--fields <A,B>', 'only these fields; implies --json'),
  quiet: on('-q', 'print ids only'),
  noInput: on('--no-input', 'never ask (IM_NO_INPUT)'),
  yes: on('-y', 'yes to what would be asked'),
  timeout: duration('--timeout <D>', 'give up after this long (15s)'),
  noColor: on('--no-color', 'no colour (NO_COLOR)'),
  debug: on('--debug', 'say on stderr what happens, and where an error comes from'),
  help: on('-h, --help', 'print this'),
  version: on('--version', 'print the version'),
  text: value('-m <TEXT>', 'the text'),
  file: value('-F <FILE>', 'take the text from a file, or from stdin (-)'),
  editor: on('-e', 'write the text in $EDITOR'),
  requestNote: value('-m <NOTE>', 'a line they see with the request'),
  statusText: value('-m <TEXT>', "a line friends see beside the status; '' removes it"),
  relay: value('--relay <URL>', 'the relay, an address or a link (IM_RELAY; ws://127.0.0.1:7465)'),
  nick: value('--nick <NAME>', 'the name friends see'),
  invite: value('--invite <CODE>', 'the invite of a relay that wants one'),
  passwordStdin: on('--password-stdin', 'take the password from stdin, a line for each that would be asked'),
  tokenStore: value('--token-store <WHERE>', 'keep the device token in: keychain, file', ['keychain', 'file']),
  recover: on('--recover', 'with the recovery code; asks for a new password'),
  confirm: value('--confirm <UIN>', 'which account: it cannot be brought back'),
  outFile: value('-o <FILE>', 'write it to a file that only you can read'),
  allDevices: on('--all', 'on every device'),
  clearAlias: on('--clear', 'remove the alias'),
  unread: on('--unread', 'only what is not read'),
  markRead: on('--mark-read', 'and mark it as read'),
  since: time('--since <T>', 'from this time on'),
  limit: number('--limit <N>', 'at most so many, the newest'),
  grep: value('--grep <TEXT>', 'only messages that contain it'),
  backup: value('--backup <ID>', 'open the conversation for this due backup'),
  plain: on('--plain', 'line by line, for screen readers (config chat.plain)'),
  waitDone: on('--wait', 'return when a device of theirs has it'),
  key: value('--key <K>', 'the same key and arguments again are a retry'),
  at: time('--at <T>', 'at this time: im help time'),
  in: time('--in <D>', 'after this long: 90s, 15m, 2h30m, 3d'),
  whenOnline: on('--when-online', 'when they are online, now or later'),
  every: time('--every <RULE>', 'again and again: "day 9am", "mon,thu 18:00", cron fields'),
  until: time('--until <T>', 'what repeats ends then'),
  count: number('--count <N>', 'what repeats ends after so many'),
  repeat: on('--repeat', 'arm it again after each time it fired'),
  whenOnlineOf: list('--when-online-of <WHO>', 'when this other friend is online (may repeat)'),
  nextSignon: on('--next-signon', 'when they next come online'),
  nextSignoff: on('--next-signoff', 'when they next go offline'),
  nextAway: on('--next-away', 'when they next go away'),
  nextBack: on('--next-back', 'when they are next back from away'),
  whenMessageFrom: list('--when-message-from <WHO>', 'when this friend writes to me (may repeat)'),
  matching: value('--matching <WORDS>', 'and the message has all these words'),
  matchingRe: value('--matching-re <RE>', 'or the message matches this RE2 pattern'),
  onSend: on('--on-send', 'when I next send a message to anyone'),
  onSendTo: list('--on-send-to <WHO>', 'when I next write to this friend (may repeat)'),
  whenRead: on('--when-read', 'when they have read what I last wrote'),
  any: on('--any', 'any of the conditions, not all'),
  tz: value('--tz <ZONE>', 'the time zone the words are meant in'),
  remind: on('--remind', 'remind me (what add does)'),
  send: on('--send', 'send it'),
  countdown: duration('--countdown <D>', 'show it so long before it is sent; cancel stops it'),
  run: on('--run', 'run the command after -- on this device (config run.enabled)'),
  between: time('--between <SPAN>', 'only in these hours: 08:00-22:00'),
  days: time('--days <DAYS>', 'only on these days: mon-fri'),
  elseAt: time('--else-at <T>', 'at this time in any case'),
  expires: time('--expires <T>', 'not after this time'),
  unlessReply: value('--unless-reply <DO>', 'if they write first: cancel, hold, or remind me', [
    'cancel',
    'hold',
    'remind',
  ]),
  onlyIfIAm: value('--only-if-i-am <STATUS>', 'only while I am away, or offline', ['away', 'offline']),
  grace: duration('--grace <D>', 'later than this is late (10m)'),
  ifLate: value('--if-late <DO>', 'what to do when late: send, remind (default), drop', ['send', 'remind', 'drop']),
  pauseUntil: time('--until <T>', 'and go on by itself then'),
  dryRun: on('--dry-run', 'say what would be, and change nothing'),
  onConflict: value('--on-conflict <DO>', 'what is there already: skip (default), or replace', ['skip', 'replace']),
  note: value('--note <S>', 'a note for me alone'),
  ifRev: number('--if-rev <N>', 'only if it still has this revision'),
  clear: value('--clear <PARTS>', 'take away: when, between, days, else, expires, unless, late, note', [
    'when',
    'between',
    'days',
    'else',
    'expires',
    'unless',
    'late',
    'note',
  ]),
  to: value('--to <WHO>', 'only those for this friend'),
  state: value('--state <S,S>', 'only these states', [
    'armed',
    'held',
    'due',
    'sent',
    'dismissed',
    'cancelled',
    'missed',
    'expired',
    'failed',
  ]),
  due: on('--due', 'only those that are due'),
  all: on('--all', 'also those that ended'),
  types: value('--type <T,T>', 'only: message, presence, backup, receipt, friend', [
    'message',
    'presence',
    'backup',
    'receipt',
    'friend',
  ]),
  fromWho: value('--from <WHO>', 'only what comes from this friend'),
  after: value('--after <CURSOR>', 'catch up from this cursor'),
  events: number('--count <N>', 'end after so many'),
  online: on('--online', 'until they are online'),
  message: on('--message', 'until they write'),
  read: on('--read', 'until they have read what I wrote'),
  fromInstant: time('--from <ISO>', 'look from this instant on'),
  instants: number('--count <N>', 'so many instants'),
  foreground: on('--foreground', 'stay, and log to stderr'),
  follow: on('-f', 'and go on as lines are added'),
  data: value('--data <DIR>', "the relay's data directory"),
  listen: value('--listen <HOST:PORT>', 'where it listens (127.0.0.1:7465); port 0 picks one'),
  tlsCert: value('--tls-cert <FILE>', 'its certificate, PEM; with --tls-key'),
  tlsKey: value('--tls-key <FILE>', "the certificate's key, PEM"),
  selfSigned: on('--self-signed', 'make a certificate once; clients pin its key'),
  trustProxy: list(
    '--trust-proxy <CIDR>',
    'a proxy that has TLS is there: plain for it, callers by its X-Forwarded-For (may repeat)',
  ),
  publicUrl: value('--public-url <URL>', 'how clients reach it, for links'),
  newKey: on('--new-key', 'go on with another relay.key than before: whoever has registered cannot log in anew'),
  inviteOnly: on('--invite-only', 'make accounts for those who are invited only'),
  metrics: value('--metrics <HOST:PORT>', 'serve metrics for Prometheus there; a port alone is one of loopback'),
  print: on('--print', 'print what would be installed, and write nothing'),
  fix: on('--fix', 'mend what can be mended safely'),
  uses: number('--uses <N>', 'for so many people (1)'),
  lasts: duration('--expires <D>', 'good for this long (7d)'),
  relayKey: value('--key <FILE>', 'the relay.key of the relay it was taken of'),
  repair: on('--repair', 'keep what is sound, list what is not; the old files stay'),
  relayConfig: value('--config <FILE>', 'its relay.toml'),
} satisfies Record<string, FlagSpec>

export type FlagName = keyof typeof FLAGS

/** They stand on the program, every noun and every verb. */
export const GLOBAL_FLAGS = [
  'profile',
  'json',
  'fields',
  'quiet',
  'noInput',
  'yes',
  'timeout',
  'noColor',
  'debug',
  'help',
  'version',
] as const satisfies readonly FlagName[]

type ValueOf<K extends FlagKind> = K extends 'switch'
  ? true
  : K extends 'list'
    ? string[]
    : K extends 'number'
      ? number
      : string

/** The flags one command line has; absent ones are undefined. */
export type Flags = { [F in FlagName]?: ValueOf<(typeof FLAGS)[F]['kind']> }

/** The flag as a person types it, without its value: the long form where there is one. */
export function spelled(flag: FlagName): string {
  const forms = FLAGS[flag].spelling.split(' <')[0] ?? ''
  return forms.split(', ').at(-1) ?? forms
}

/** What its value is called in the help: `WHO`; empty for a switch. */
export function valueName(flag: FlagName): string {
  return /<(.*)>/.exec(FLAGS[flag].spelling)?.[1] ?? ''
}
