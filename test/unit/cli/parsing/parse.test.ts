/** What a command line leads to: [words, exit code, error code, a part of the sentence]. */
import { afterAll, describe, expect, it } from 'vitest'
import { cliHome } from '../../../support/cli.ts'

const home = cliHome()
afterAll(() => home[Symbol.dispose]())

/** As a shell would split it; 'single' and "double" quotes hold words together. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
}

/** These are understood, and then need the daemon, which is not there. */
const UNDERSTOOD = [
  '',
  '--json',
  'send bo hello',
  'send bo "hello world"',
  'send bo -m -hello',
  'send bo -m --json',
  'send bo -- -hello',
  'send me x',
  'send 483-502-2718 x',
  'send "4835 0227 18" x',
  'send bo x --wait',
  'send bo x --wait --timeout 1h',
  'send bo x --key k1',
  'send bo x --at "fri 9:30"',
  'send bo x --in 2h',
  'send bo x --in 2h --dry-run',
  'send bo x --when-online',
  'send bo x --timeout 2s',
  'send --json bo x',
  '--json send bo x',
  '--json send bo x --json',
  '--profile default send bo x --profile default',
  'backup --json list',
  'backup list --json',
  '--profile work backup list',
  'remind x --at 9am',
  'remind x --in 20m --note y',
  'remind -m x --in 20m',
  'account nick Ana',
  'account export',
  'inbox',
  'inbox --unread --mark-read',
  'history bo',
  'history bo --since 3d --limit 10 --grep x',
  'watch',
  'watch --type message,presence --from bo --after 1:7 --count 3',
  'watch -- cat -n',
  'watch --json -- ./x.sh --json',
  'wait bo --online',
  'wait bo --message --after 1:7',
  'wait bo --read',
  'wait 3fk2bb',
  'backup add bo x',
  'backup add bo x --send',
  'backup add bo x --remind',
  'backup add bo x --when-message-from ana --when-message-from cy --any',
  'backup add bo x --when-message-from ana --matching "free now"',
  'backup add bo x --next-signon --at 9am --tz Asia/Tokyo',
  'backup add bo x --note n --key k --dry-run',
  'backup list --to bo --state armed,due --due --all',
  'backup show 3fk2',
  'backup edit 3fk2 --at 9am --if-rev 3',
  'backup edit 3fk2 -m y --clear when,note',
  'backup edit 3fk2 --send',
  'backup send 3fk2',
  'backup send 3fk2 -m y --wait',
  'backup cancel 3fk2',
  'backup cancel 3fk2 4gl3 5hm4',
  'backup undo',
  'backup undo 3fk2',
  'backup dismiss 3fk2',
  'friend add 4835022718',
  'friend add 4835022718 -m hi',
  'friend requests',
  'friend accept bo',
  'friend decline bo',
  'friend remove bo',
  'friend block bo',
  'friend unblock bo',
  'friend list',
  'friend list -q',
  'friend alias bo bobby',
  'friend alias bo --clear',
  'friend notify bo once',
  'friend hide bo on',
  'status',
  'status busy -m "in a meeting"',
  "status -m ''",
  'who',
  'presence bo ana',
  'whoami --fields uin,nick',
  'logout --all -y',
  'account devices',
  'account revoke 7fq2',
  'daemon start',
  'daemon status',
  'daemon restart --no-input --no-color --debug',
] as const

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['snd bo x', 'USAGE', 'did you mean: im send'],
  ['stop', 'USAGE', 'did you mean: im daemon stop, or im relay stop'],
  ['alias bo Bob', 'USAGE', 'did you mean: im friend alias'],
  ['backup ad bo x', 'USAGE', 'did you mean: im backup add'],
  ['zzzz', 'USAGE', 'im knows no "zzzz"'],
  ['friend zzzz', 'USAGE', 'im friend knows no "zzzz"'],
  ['--bogus', 'USAGE', 'im knows no --bogus'],
  ['backup --bogus list', 'USAGE', 'im backup knows no --bogus'],
  ['backup list --bogus', 'USAGE', 'im backup list knows no --bogus'],
  ['backup list --stat armed', 'USAGE', 'did you mean: --state'],
  ['send bo x --each day', 'USAGE', 'knows no --each'],
  ['send', 'USAGE', 'im send needs WHO'],
  ['send bo', 'INPUT_NEEDED', 'the text is missing'],
  ['send bo hello world', 'USAGE', '"hello" "world" are 2 words where one TEXT is due'],
  ['send bo hello world', 'USAGE', 'im send bo "hello world"'],
  ['send bo one two three', 'USAGE', '"one" "two" "three" are 3 words'],
  ['remind buy milk --in 2h', 'USAGE', 'im remind "buy milk"'],
  ['backup add bo hello world', 'USAGE', 'im backup add bo "hello world"'],
  ['when fri 9:30', 'USAGE', 'im when "fri 9:30"'],
  ['send bo -hello', 'USAGE', 'begins with "-" goes through -m, -F, -- or stdin'],
  ['send bo -x', 'USAGE', '-m "-x"'],
  ['send bo -5', 'USAGE', 'begins with "-"'],
  ['backup add bo -5', 'USAGE', 'begins with "-"'],
  ['send bo x -m y', 'USAGE', 'TEXT and -m'],
  ['send bo -m x -F y', 'USAGE', '-m and -F'],
  ['send bo -F y -e', 'USAGE', '-F and -e'],
  ["send bo ''", 'EMPTY_TEXT', 'no text'],
  ['send bo "  "', 'EMPTY_TEXT', 'no text'],
  ["send bo -m ''", 'EMPTY_TEXT', 'no text'],
  ['send bo -', 'EMPTY_TEXT', 'no text'],
  ['send bo -F -', 'EMPTY_TEXT', 'no text'],
  ['send bo -F /nowhere/x', 'BAD_FILE', 'cannot read /nowhere/x'],
  ['send bo a\ufffdb', 'BAD_UTF8', 'UTF-8'],
  ['send bo -e', 'INPUT_NEEDED', 'no terminal for an editor'],
  ['send bo x --at', 'USAGE', '--at needs a value'],
  ['send bo x --at --json', 'USAGE', '--at has lost its value: \\"--json\\"'],
  ['send bo x --at --send', 'USAGE', '--at has lost its value: "--send"'],
  ['send bo x --in --wait', 'USAGE', '--in has lost its value'],
  ['send bo x --timeout --wait', 'USAGE', '--timeout has lost its value'],
  ['history bo --limit --json', 'USAGE', '--limit has lost its value'],
  ['send bo x --at 9am --at 10am', 'USAGE', '--at is given twice'],
  ['send bo x --at 9am --at 9am', 'USAGE', '--at is given twice'],
  ['send bo x --key a --key a', 'USAGE', '--key is given twice'],
  ['send bo -m x -m x', 'USAGE', '-m is given twice'],
  ['backup add bo x --send --send', 'USAGE', '--send is given twice'],
  ['backup add bo x --when-online --when-online', 'USAGE', '--when-online is given twice'],
  ['--profile a send bo x --profile b', 'USAGE', '--profile is given twice'],
  ['--timeout 1s backup --timeout 2s list', 'USAGE', '--timeout is given twice'],
  ['backup list -q --json', 'USAGE', '-q and --json exclude each other'],
  ['-q backup list --fields id', 'USAGE', '-q and --json exclude each other'],
  ['backup list --fields id,bogus', 'USAGE', 'no object has a field \\"bogus\\"'],
  ['backup list --timeout 5', 'BAD_DURATION', '5s? 5m? 5h? 5d?'],
  ['backup list --timeout soon', 'BAD_DURATION', 'soon'],
  ['backup list extra', 'USAGE', 'im backup list does not take "extra"'],
  ['backup show a b', 'USAGE', 'does not take "b"'],
  ['backup show', 'USAGE', 'im backup show needs ID'],
  ['backup cancel', 'USAGE', 'im backup cancel needs ID'],
  ['backup add', 'USAGE', 'im backup add needs WHO'],
  ['backup add bo', 'INPUT_NEEDED', 'the text is missing'],
  ['backup add bo x --send --remind', 'USAGE', '--remind and --send exclude each other'],
  ['backup edit 3fk2', 'INPUT_NEEDED', 'nothing to change'],
  ['backup edit 3fk2 --clear window', 'USAGE', 'one of: when, between, days'],
  ['backup edit 3fk2 -m x --if-rev 0', 'USAGE', '--if-rev needs a whole number'],
  ['backup edit 3fk2 -m x --if-rev one', 'USAGE', '--if-rev needs a whole number'],
  ['backup list --state sleeping', 'USAGE', '--state cannot be "sleeping"'],
  ['send bo x --wait --at 9am', 'USAGE', '--wait and a when exclude each other'],
  ['send bo x --dry-run', 'USAGE', 'a when is missing'],
  ['send bo x --note n', 'USAGE', 'a when is missing'],
  ['remind x', 'USAGE', 'say when'],
  ['remind --in 2h', 'INPUT_NEEDED', 'the text is missing'],
  ['status sleeping', 'USAGE', 'STATUS cannot be "sleeping"'],
  ['friend notify bo maybe', 'USAGE', 'one of: on, off, once'],
  ['friend hide bo once', 'USAGE', 'one of: on, off'],
  ['friend alias bo', 'USAGE', 'a NAME, or --clear'],
  ['friend alias bo bobby --clear', 'USAGE', 'a NAME, or --clear'],
  ['presence', 'USAGE', 'im presence needs WHO'],
  ['login', 'USAGE', 'im login needs UIN'],
  ['login 4835022718', 'INPUT_NEEDED', 'the password is missing'],
  ['login 4835022719', 'BAD_UIN', '4835022719 is no valid UIN'],
  ['config set notify.preview loud', 'USAGE', 'im config list'],
  ['register --no-input', 'INPUT_NEEDED', '--password-stdin'],
  ['register --password-stdin', 'INPUT_NEEDED', 'no password'],
  ['login 4835022718 --recover', 'INPUT_NEEDED', 'the password is missing'],
  ['account password --password-stdin', 'INPUT_NEEDED', 'no password until now'],
  ['account recovery --password-stdin', 'INPUT_NEEDED', 'no password'],
  ['account nick', 'USAGE', 'im account nick needs NAME'],
  ['account delete', 'USAGE', 'wants its number'],
  ['account delete -y', 'USAGE', 'wants its number'],
  ['register --password secret', 'USAGE', 'knows no --password'],
  ['register --token-store cloud', 'USAGE', 'one of: keychain, file'],
  ['watch cat', 'USAGE', 'does not take "cat"'],
  ['watch --type news', 'USAGE', '--type cannot be "news"'],
  ['watch --count 0', 'USAGE', '--count needs a whole number'],
  ['wait bo --online --read', 'USAGE', 'exclude each other'],
  ['wait 3fk2 --after 1:7', 'USAGE', '--after goes with --message'],
  ['wait', 'USAGE', 'im wait needs WHO|ID'],
  ['when', 'USAGE', 'im when needs EXPR'],
  ['when "half past never"', 'BAD_TIME', 'half past never'],
  ['when "2020-01-01 9:00"', 'PAST_TIME', 'has passed'],
  ['when 9am --tz Mars/Base', 'BAD_ZONE', 'Mars/Base'],
  ['help nothing', 'USAGE', 'no help on "nothing"'],
  ['config get bogus', 'USAGE', 'no setting'],
  ['config set bogus 1', 'USAGE', 'no setting'],
  ['config set notify.preview maybe', 'USAGE', 'notify.preview'],
  ['--profile UPPER backup list', 'USAGE', "A profile's name"],
  ['--profile relay backup list', 'USAGE', 'relay'],
]

describe('a command line that is understood', () => {
  it.each(UNDERSTOOD)('im %s', async (line) => {
    const ran = await home.im(words(line))
    expect([ran.code, ran.stderr]).toEqual([9, expect.stringContaining('DAEMON_UNREACHABLE')])
  })
})

describe('a command line that is refused', () => {
  it.each(REFUSED)('im %s: %s', async (line, code, part) => {
    const ran = await home.im(words(line))
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toContain(part)
    expect(ran.stderr).toContain(code)
  })

  it('is told as one JSON object, and nothing else, where JSON is wanted', async () => {
    for (const argv of [
      ['--json', 'snd'],
      ['send', '--bogus', '--json'],
      ['backup', 'list', '--fields=id', '--nope'],
    ]) {
      const ran = await home.im(argv)
      expect(JSON.parse(ran.stderr)).toMatchObject({ v: 1, error: { code: 'USAGE', retryAfterMs: null } })
    }
  })
})

describe('help', () => {
  it.each(['backup', 'friend', 'account', 'daemon', 'relay', 'config'])(
    'im %s alone is its help, and exit 2',
    async (noun) => {
      const ran = await home.im([noun])
      expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`im ${noun}:`) })
    },
  )

  it.each([['-h'], ['send', '-h'], ['backup', '--help'], ['backup', 'add', '-h'], ['-h', 'backup', 'add'], ['help']])(
    'im %s %s %s is printed, and exit 0',
    async (...argv) => {
      expect(await home.im(argv)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('im ') })
    },
  )

  it('teaches with six examples before it lists a verb', async () => {
    const { stdout } = await home.im(['help'])
    expect(stdout.split('\n\n')[1]?.split('\n')).toHaveLength(6)
  })

  it.each(['time', 'who', 'backup', 'exit-codes', 'scripting', 'backup add', 'send'])('im help %s', async (topic) => {
    expect(await home.im(['help', ...topic.split(' ')])).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('the version', () => {
  it.each([['--version'], ['send', '--version'], ['backup', 'list', '--version']])('im %s %s', async (...argv) => {
    expect(await home.im(argv)).toEqual(expect.objectContaining({ code: 0, stdout: '0.1.0\n' }))
  })
})

describe('an environment variable', () => {
  it('that is empty is unset', async () => {
    const ran = await home.im(['config', 'path'], { env: { IM_PROFILE: '' } })
    expect(ran.stdout).toContain(`${home.home}/default/`)
  })

  it('names the profile, and the flag beats it', async () => {
    const named = await home.im(['config', 'path'], { env: { IM_PROFILE: 'office' } })
    const flagged = await home.im(['config', 'path', '--profile', 'play'], { env: { IM_PROFILE: 'office' } })
    expect(named.stdout).toContain('/office/')
    expect(flagged.stdout).toContain('/play/')
  })
})
