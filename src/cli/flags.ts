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

export const FLAGS = {
  profile: {
    spelling: '--profile <NAME>',
    kind: 'value',
    help: 'use this profile: own account, own daemon (IM_PROFILE)',
  },
  json: { spelling: '--json', kind: 'switch', help: 'print one JSON object a line' },
  fields: { spelling: '--fields <A,B>', kind: 'value', help: 'only these fields; implies --json' },
  quiet: { spelling: '-q', kind: 'switch', help: 'print ids only' },
  noInput: { spelling: '--no-input', kind: 'switch', help: 'never ask (IM_NO_INPUT)' },
  yes: { spelling: '-y', kind: 'switch', help: 'yes to what would be asked' },
  timeout: { spelling: '--timeout <D>', kind: 'duration', help: 'give up after this long (15s)' },
  noColor: { spelling: '--no-color', kind: 'switch', help: 'no colour (NO_COLOR)' },
  debug: { spelling: '--debug', kind: 'switch', help: 'say on stderr what happens, and where an error comes from' },
  help: { spelling: '-h, --help', kind: 'switch', help: 'print this' },
  version: { spelling: '--version', kind: 'switch', help: 'print the version' },

  text: { spelling: '-m <TEXT>', kind: 'value', help: 'the text' },
  file: { spelling: '-F <FILE>', kind: 'value', help: 'take the text from a file, or from stdin (-)' },
  editor: { spelling: '-e', kind: 'switch', help: 'write the text in $EDITOR' },
  requestNote: { spelling: '-m <NOTE>', kind: 'value', help: 'a line they see with the request' },
  statusText: { spelling: '-m <TEXT>', kind: 'value', help: "a line friends see beside the status; '' removes it" },

  relay: {
    spelling: '--relay <URL>',
    kind: 'value',
    help: 'the relay, an address or a link (IM_RELAY; ws://127.0.0.1:7465)',
  },
  nick: { spelling: '--nick <NAME>', kind: 'value', help: 'the name friends see' },
  invite: { spelling: '--invite <CODE>', kind: 'value', help: 'the invite of a relay that wants one' },
  passwordStdin: {
    spelling: '--password-stdin',
    kind: 'switch',
    help: 'take the password from stdin, a line for each that would be asked',
  },
  tokenStore: {
    spelling: '--token-store <WHERE>',
    kind: 'value',
    help: 'keep the device token in: keychain, file',
    values: ['keychain', 'file'],
  },
  recover: { spelling: '--recover', kind: 'switch', help: 'with the recovery code; asks for a new password' },
  confirm: { spelling: '--confirm <UIN>', kind: 'value', help: 'which account: it cannot be brought back' },
  outFile: { spelling: '-o <FILE>', kind: 'value', help: 'write it to a file that only you can read' },
  allDevices: { spelling: '--all', kind: 'switch', help: 'on every device' },

  clearAlias: { spelling: '--clear', kind: 'switch', help: 'remove the alias' },

  unread: { spelling: '--unread', kind: 'switch', help: 'only what is not read' },
  markRead: { spelling: '--mark-read', kind: 'switch', help: 'and mark it as read' },
  since: { spelling: '--since <T>', kind: 'time', help: 'from this time on' },
  limit: { spelling: '--limit <N>', kind: 'number', help: 'at most so many, the newest' },
  grep: { spelling: '--grep <TEXT>', kind: 'value', help: 'only messages that contain it' },

  backup: { spelling: '--backup <ID>', kind: 'value', help: 'open the conversation for this due backup' },
  plain: { spelling: '--plain', kind: 'switch', help: 'line by line, for screen readers (config chat.plain)' },

  waitDone: { spelling: '--wait', kind: 'switch', help: 'return when a device of theirs has it' },
  key: { spelling: '--key <K>', kind: 'value', help: 'the same key and arguments again are a retry' },
  at: { spelling: '--at <T>', kind: 'time', help: 'at this time: im help time' },
  in: { spelling: '--in <D>', kind: 'time', help: 'after this long: 90s, 15m, 2h30m, 3d' },
  whenOnline: { spelling: '--when-online', kind: 'switch', help: 'when they are online, now or later' },
  every: { spelling: '--every <RULE>', kind: 'time', help: 'again and again: "day 9am", "mon,thu 18:00", cron fields' },
  until: { spelling: '--until <T>', kind: 'time', help: 'what repeats ends then' },
  count: { spelling: '--count <N>', kind: 'number', help: 'what repeats ends after so many' },
  repeat: { spelling: '--repeat', kind: 'switch', help: 'arm it again after each time it fired' },
  whenOnlineOf: {
    spelling: '--when-online-of <WHO>',
    kind: 'list',
    help: 'when this other friend is online (may repeat)',
  },
  nextSignon: { spelling: '--next-signon', kind: 'switch', help: 'when they next come online' },
  nextSignoff: { spelling: '--next-signoff', kind: 'switch', help: 'when they next go offline' },
  nextAway: { spelling: '--next-away', kind: 'switch', help: 'when they next go away' },
  nextBack: { spelling: '--next-back', kind: 'switch', help: 'when they are next back from away' },
  whenMessageFrom: {
    spelling: '--when-message-from <WHO>',
    kind: 'list',
    help: 'when this friend writes to me (may repeat)',
  },
  matching: { spelling: '--matching <WORDS>', kind: 'value', help: 'and the message has all these words' },
  matchingRe: { spelling: '--matching-re <RE>', kind: 'value', help: 'or the message matches this RE2 pattern' },
  onSend: { spelling: '--on-send', kind: 'switch', help: 'when I next send a message to anyone' },
  onSendTo: { spelling: '--on-send-to <WHO>', kind: 'list', help: 'when I next write to this friend (may repeat)' },
  whenRead: { spelling: '--when-read', kind: 'switch', help: 'when they have read what I last wrote' },
  any: { spelling: '--any', kind: 'switch', help: 'any of the conditions, not all' },
  tz: { spelling: '--tz <ZONE>', kind: 'value', help: 'the time zone the words are meant in' },
  remind: { spelling: '--remind', kind: 'switch', help: 'remind me (what add does)' },
  send: { spelling: '--send', kind: 'switch', help: 'send it' },
  countdown: {
    spelling: '--countdown <D>',
    kind: 'duration',
    help: 'show it so long before it is sent; cancel stops it',
  },
  run: { spelling: '--run', kind: 'switch', help: 'run the command after -- on this device (config run.enabled)' },
  between: { spelling: '--between <SPAN>', kind: 'time', help: 'only in these hours: 08:00-22:00' },
  days: { spelling: '--days <DAYS>', kind: 'time', help: 'only on these days: mon-fri' },
  elseAt: { spelling: '--else-at <T>', kind: 'time', help: 'at this time in any case' },
  expires: { spelling: '--expires <T>', kind: 'time', help: 'not after this time' },
  unlessReply: {
    spelling: '--unless-reply <DO>',
    kind: 'value',
    help: 'if they write first: cancel, hold, or remind me',
    values: ['cancel', 'hold', 'remind'],
  },
  onlyIfIAm: {
    spelling: '--only-if-i-am <STATUS>',
    kind: 'value',
    help: 'only while I am away, or offline',
    values: ['away', 'offline'],
  },
  grace: { spelling: '--grace <D>', kind: 'duration', help: 'later than this is late (10m)' },
  ifLate: {
    spelling: '--if-late <DO>',
    kind: 'value',
    help: 'what to do when late: send, remind (default), drop',
    values: ['send', 'remind', 'drop'],
  },
  pauseUntil: { spelling: '--until <T>', kind: 'time', help: 'and go on by itself then' },
  dryRun: { spelling: '--dry-run', kind: 'switch', help: 'say what would be, and change nothing' },
  onConflict: {
    spelling: '--on-conflict <DO>',
    kind: 'value',
    help: 'what is there already: skip (default), or replace',
    values: ['skip', 'replace'],
  },
  note: { spelling: '--note <S>', kind: 'value', help: 'a note for me alone' },
  ifRev: { spelling: '--if-rev <N>', kind: 'number', help: 'only if it still has this revision' },
  clear: {
    spelling: '--clear <PARTS>',
    kind: 'value',
    help: 'take away: when, between, days, else, expires, unless, late, note',
    values: ['when', 'between', 'days', 'else', 'expires', 'unless', 'late', 'note'],
  },
  to: { spelling: '--to <WHO>', kind: 'value', help: 'only those for this friend' },
  state: {
    spelling: '--state <S,S>',
    kind: 'value',
    help: 'only these states',
    values: ['armed', 'held', 'due', 'sent', 'dismissed', 'cancelled', 'missed', 'expired', 'failed'],
  },
  due: { spelling: '--due', kind: 'switch', help: 'only those that are due' },
  all: { spelling: '--all', kind: 'switch', help: 'also those that ended' },

  types: {
    spelling: '--type <T,T>',
    kind: 'value',
    help: 'only: message, presence, backup, receipt, friend',
    values: ['message', 'presence', 'backup', 'receipt', 'friend'],
  },
  fromWho: { spelling: '--from <WHO>', kind: 'value', help: 'only what comes from this friend' },
  after: { spelling: '--after <CURSOR>', kind: 'value', help: 'catch up from this cursor' },
  events: { spelling: '--count <N>', kind: 'number', help: 'end after so many' },
  online: { spelling: '--online', kind: 'switch', help: 'until they are online' },
  message: { spelling: '--message', kind: 'switch', help: 'until they write' },
  read: { spelling: '--read', kind: 'switch', help: 'until they have read what I wrote' },

  fromInstant: { spelling: '--from <ISO>', kind: 'time', help: 'look from this instant on' },
  instants: { spelling: '--count <N>', kind: 'number', help: 'so many instants' },

  foreground: { spelling: '--foreground', kind: 'switch', help: 'stay, and log to stderr' },
  follow: { spelling: '-f', kind: 'switch', help: 'and go on as lines are added' },
  data: { spelling: '--data <DIR>', kind: 'value', help: "the relay's data directory" },
  listen: {
    spelling: '--listen <HOST:PORT>',
    kind: 'value',
    help: 'where it listens (127.0.0.1:7465); port 0 picks one',
  },
  tlsCert: { spelling: '--tls-cert <FILE>', kind: 'value', help: 'its certificate, PEM; with --tls-key' },
  tlsKey: { spelling: '--tls-key <FILE>', kind: 'value', help: "the certificate's key, PEM" },
  selfSigned: { spelling: '--self-signed', kind: 'switch', help: 'make a certificate once; clients pin its key' },
  trustProxy: {
    spelling: '--trust-proxy <CIDR>',
    kind: 'list',
    help: 'a proxy that has TLS is there: plain for it, callers by its X-Forwarded-For (may repeat)',
  },
  publicUrl: { spelling: '--public-url <URL>', kind: 'value', help: 'how clients reach it, for links' },
  inviteOnly: { spelling: '--invite-only', kind: 'switch', help: 'make accounts for those who are invited only' },
  metrics: {
    spelling: '--metrics <HOST:PORT>',
    kind: 'value',
    help: 'serve metrics for Prometheus there; a port alone is one of loopback',
  },
  print: { spelling: '--print', kind: 'switch', help: 'print what would be installed, and write nothing' },
  fix: { spelling: '--fix', kind: 'switch', help: 'mend what can be mended safely' },
  uses: { spelling: '--uses <N>', kind: 'number', help: 'for so many people (1)' },
  lasts: { spelling: '--expires <D>', kind: 'duration', help: 'good for this long (7d)' },
  relayKey: { spelling: '--key <FILE>', kind: 'value', help: 'the relay.key of the relay it was taken of' },
  repair: { spelling: '--repair', kind: 'switch', help: 'keep what is sound, list what is not; the old files stay' },
  relayConfig: { spelling: '--config <FILE>', kind: 'value', help: 'its relay.toml' },
} as const satisfies Record<string, FlagSpec>

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
