import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wanted } from '../../../../src/cli/completion/candidates.ts'
import { LINE } from '../../../../src/cli/completion/shells.ts'
import { cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'

/** The values that begin with the last word of a line; its last word may be empty. */
function values(line: string): string[] | string {
  const words = line.split(' ')
  const want = wanted(words.slice(0, -1), words.at(-1) ?? '')
  if (want.kind === 'files') return 'files'
  if (want.live !== null) return want.live
  return want.candidates.map(({ value }) => value).filter((value) => value.startsWith(words.at(-1) ?? ''))
}

describe('what may stand at the cursor', () => {
  it.each<[string, string[] | string]>([
    ['bac', ['backup']],
    ['backup sn', ['snooze']],
    ['--json backup sn', ['snooze']],
    ['--profile backup backup sn', ['snooze']],
    ['relay ', ['start', 'status', 'stop', 'user', 'invite', 'config']],
    ['relay user di', ['disable']],
    ['send ', 'WHO'],
    ['send bo ', []],
    ['send bo x --at ', []],
    ['backup add --when-online-of ', 'WHO'],
    ['backup add --when-online-of bo ', 'WHO'],
    ['backup show ', 'ID'],
    ['backup cancel abcd ', 'ID'],
    ['backup undo ', 'ENDED'],
    ['backup list --state ar', ['armed']],
    ['backup import ', 'files'],
    ['send bo -F ', 'files'],
    ['watch -- ', 'files'],
    ['status b', ['busy']],
    ['friend notify bo o', ['on', 'off', 'once']],
    ['config set ', 'KEY'],
    ['help ', 'TOPIC'],
    ['when 9am --tz ', 'ZONE'],
    ['inbox --un', ['--unread']],
    ['inbox --unread --un', []],
    ['backup add bo x --when-message-from ana --when-message-fr', ['--when-message-from']],
    ['nonsense ', []],
    ['completion an', []],
  ])('im %s', (line, expected) => {
    const found = values(line)
    if (Array.isArray(expected) && expected.length > 0) expect(found).toEqual(expect.arrayContaining(expected))
    else if (line !== 'nonsense ') expect(found).toEqual(expected)
  })
})

describe('a candidate', () => {
  it.each([
    ['bo', 'bo'],
    ['Bo Li', "'Bo Li'"],
    ["it's $(id)", "'it'\\''s $(id)'"],
  ])('%s is quoted for bash, which inserts it as it stands', (value, line) => {
    expect(LINE.bash(value, 'x')).toBe(line)
  })

  it('has its colons escaped for zsh, which splits there', () => {
    expect(LINE.zsh('a:b\\c', 'about')).toBe('a\\:b\\\\c:about')
  })
})

describe('the answer', () => {
  const home = cliHome()
  const friend = { uin: '4835022718', alias: null, nick: 'bo', state: 'friend', presence: 'online' }
  let daemon: FakeDaemon
  beforeAll(async () => {
    daemon = await fakeDaemon(
      home.paths,
      {
        'friend.list': () => [
          friend,
          { ...friend, uin: '5', nick: 'b\u001b[2J' },
          { ...friend, uin: '6', nick: '--yes' },
        ],
      },
      '0.0.1',
    )
  })
  afterAll(async () => {
    await daemon.close()
    home[Symbol.dispose]()
  })
  const answer = (...words: string[]) => home.im(['completion', 'answer', 'fish', '--timeout', '20s', '--', ...words])

  it('names friends, by their number where the name could do harm, and leaves a daemon of another version alone', async () => {
    expect((await answer('send', '')).stdout).toBe('me\tyourself\nbo\tonline\n5\tonline\n6\tonline\n')
    expect(daemon.calls.map(({ method }) => method)).toEqual(['hello', 'friend.list'])
  })

  it.each([
    ['notify.preview', 'none\nsender\nfull\tthe default\n'],
    ['notify.friends', 'true\tthe default\nfalse\n'],
    ['notify.command', ''],
    ['no.such.setting', ''],
  ])('names what the setting %s may be, without a daemon', async (key, values) => {
    using other = cliHome()
    const answered = await other.im([
      'completion',
      'answer',
      'fish',
      '--timeout',
      '20s',
      '--',
      'config',
      'set',
      key,
      '',
    ])
    expect(answered.stdout).toBe(values)
  })

  it('is nothing where the daemon fails, or is not there, or the shell is unknown', async () => {
    expect(await answer('backup', 'show', '')).toMatchObject({ code: 0, stdout: '', stderr: '' })
    using other = cliHome()
    expect(await other.im(['completion', 'answer', 'zsh', '--', 'send', ''])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(await other.im(['completion', 'answer', 'tcsh', '--', 'se'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })

  it('is nothing from a daemon that keeps it waiting', async () => {
    using slow = cliHome()
    const stuck = await fakeDaemon(slow.paths, { 'friend.list': () => new Promise(() => {}) })
    expect(await slow.im(['completion', 'answer', 'bash', '--', 'send', ''])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
    await stuck.close()
  })
})
