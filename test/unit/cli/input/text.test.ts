import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type CliOptions, cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { backupView, messageView } from '../../../support/views.ts'

const home = cliHome()
let daemon: FakeDaemon | null = null
afterEach(async () => {
  await daemon?.close()
  daemon = null
})
afterAll(() => home[Symbol.dispose]())

/** The text that reaches the daemon. */
async function sent(args: string[], options: CliOptions = {}): Promise<unknown> {
  daemon = await fakeDaemon(home.paths, { 'message.send': messageView() })
  const ran = await home.im(['send', 'bo', ...args], options)
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  return (daemon.paramsOf('message.send') as { text: string }).text
}

async function refused(args: string[], options: CliOptions = {}): Promise<string> {
  const ran = await home.im(['send', 'bo', ...args], options)
  expect(ran.code).toBe(2)
  return /\[(\w+)\]/.exec(ran.stderr)?.[1] ?? ''
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(home.home, name)
  writeFileSync(path, content)
  return path
}

describe('a text', () => {
  it('is the word, whole and unchanged', async () => {
    expect(await sent(['  two\nlines \n'])).toBe('  two\nlines \n')
  })

  it('of -m may begin with a dash, and may be a flag', async () => {
    expect(await sent(['-m', '--json'])).toBe('--json')
  })

  it('of -m keeps its final newline', async () => {
    expect(await sent(['-m', 'x\n'])).toBe('x\n')
  })

  it.each(['-', '-F'])('of stdin (%s) loses one final newline, no more', async (flag) => {
    const args = flag === '-' ? ['-'] : ['-F', '-']
    expect(await sent(args, { input: 'one\n\ntwo\n\n' })).toBe('one\n\ntwo\n')
  })

  it('of a file loses one final newline, no more', async () => {
    expect(await sent(['-F', file('a.txt', 'hello\r\n')])).toBe('hello')
  })

  it('of stdin is read only when asked for', async () => {
    expect(await sent(['word'], { input: 'never read' })).toBe('word')
  })

  it('keeps a final newline that is not there', async () => {
    expect(await sent(['-'], { input: 'no newline' })).toBe('no newline')
  })
})

it.each([
  [['send', 'bo'], ['9am'], true],
  [['send', 'bo'], ['-m', '9am'], false],
  [['backup', 'add', 'bo'], ['9am'], true],
  [['backup', 'add', 'bo'], ['-'], false],
  [['remind'], ['9am'], true],
  [['remind'], ['-m', '9am'], false],
])('a text of %j %j is said to be a word: %s', async (verb, text, isWord) => {
  daemon = await fakeDaemon(home.paths, { 'backup.add': backupView(), 'friend.list': [] })
  const ran = await home.im([...verb, ...text, '--at', 'tomorrow'], { input: '9am' })
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  expect(daemon.paramsOf('backup.add')).toMatchObject({ text: '9am', textIsWord: isWord })
})

describe('no text', () => {
  it.each([[['', '-m', 'x']], [['x', '-F', 'y']], [['-', '-m', 'x']]])('is what two sources are: %j', async (args) => {
    expect(await refused(args)).toBe('USAGE')
  })

  it.each(['', '\n', ' \n\t'])('is %j', async (input) => {
    expect(await refused(['-'], { input })).toBe('EMPTY_TEXT')
  })

  it('has a NUL', async () => {
    expect(await refused(['-'], { input: 'a\0b' })).toBe('BAD_UTF8')
  })

  it('is bytes that are no UTF-8, from stdin or a file', async () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x62)
    expect(await refused(['-'], { input: bytes })).toBe('BAD_UTF8')
    expect(await refused(['-F', file('latin1.txt', bytes)])).toBe('BAD_UTF8')
  })

  it('is a file that is not there, or a directory', async () => {
    expect(await refused(['-F', join(home.home, 'nowhere')])).toBe('BAD_FILE')
    expect(await refused(['-F', home.home])).toBe('BAD_FILE')
  })
})
