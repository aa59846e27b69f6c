import { emitKeypressEvents } from 'node:readline'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { commandOf, KEYS } from '../../../../src/cli/chat/keys.ts'
import type { Event } from '../../../../src/cli/chat/model.ts'
import { MOST_BYTES } from '../../../../src/cli/chat/on-key.ts'
import { helpLines } from '../../../../src/cli/chat/slash.ts'
import { decoder } from '../../../../src/cli/chat/terminal.ts'

/** What a window is told when a terminal sends these bytes. */
function heard(...chunks: (string | Buffer)[]): Event[] {
  const stdin = new PassThrough()
  const events: Event[] = []
  emitKeypressEvents(stdin, { escapeCodeTimeout: 1 } as never)
  stdin.on(
    'keypress',
    decoder((event) => events.push(event)),
  )
  for (const chunk of chunks) stdin.emit('data', Buffer.from(chunk as string))
  return events
}
const names = (events: readonly Event[]) => events.map((event) => (event.on === 'key' ? event.key.name : event.on))

describe('a key', () => {
  it.each([
    ['\r', 'enter', 'send'],
    ['\x1b\r', 'alt+enter', 'newline'],
    ['\n', 'ctrl+j', 'newline'],
    ['\x02', 'ctrl+b', 'keep'],
    ['\x10', 'ctrl+p', 'panel'],
    ['\x0f', 'ctrl+o', 'due'],
    ['\x03', 'ctrl+c', 'leave'],
    ['\x1a', 'ctrl+z', 'suspend'],
    ['\x1f', 'ctrl+_', 'undo'],
    ['\x1bb', 'alt+b', 'word-left'],
    ['\x1b[1;5C', 'ctrl+right', 'word-right'],
    ['\x1b[A', 'up', 'older'],
    ['\x1bOA', 'up', 'older'],
    ['\x7f', 'backspace', 'backspace'],
    ['\x1b\x7f', 'alt+backspace', 'cut-word'],
    ['\x1b[3~', 'delete', 'delete'],
    ['\x1b[H', 'home', 'line-start'],
  ])('%j is %s', (bytes, name, command) => {
    const [event] = heard(bytes)
    expect(event).toEqual({ on: 'key', key: { name, text: '' } })
    expect(commandOf(name)).toBe(command)
  })

  it('types what is a character, in any script', () => {
    expect(heard('a', 'É', '世', '😀', ' ').map((event) => event.on === 'key' && event.key.text)).toEqual([
      'a',
      'É',
      '世',
      '😀',
      ' ',
    ])
  })

  it('that nobody knows types nothing', () => {
    expect(heard('\x1b[99~', '\x1bOP', '\x00').every((event) => event.on === 'key' && event.key.text === '')).toBe(true)
  })

  it('cut in two by the line is put together', () => {
    expect(names(heard('\x1b[1;', '5D'))).toEqual(['ctrl+left'])
    const bytes = Buffer.from('世')
    expect(heard(bytes.subarray(0, 1), bytes.subarray(1))).toEqual([{ on: 'key', key: { name: '世', text: '世' } }])
  })
})

describe('a paste', () => {
  it('is one thing, newlines and escapes included', () => {
    expect(heard('\x1b[200~one\r\ntwo\x1b[31m\x1b[201~', 'x')).toEqual([
      { on: 'paste', text: 'one\r\ntwo\x1b[31m' },
      { on: 'key', key: { name: 'x', text: 'x' } },
    ])
  })

  it('of a megabyte is kept no further than one sees that it is too long', () => {
    const [event] = heard(`\x1b[200~${'x'.repeat(1024 * 1024)}\x1b[201~`)
    expect(event?.on === 'paste' && event.text.length).toBe(MOST_BYTES + 1)
  })

  it('whose end is lost ends with Ctrl+C', () => {
    expect(names(heard('\x1b[200~lost', '\x03', 'a'))).toEqual(['ctrl+c', 'a'])
  })
})

it('a terminal that reports its focus is understood', () => {
  expect(heard('\x1b[O', '\x1b[I')).toEqual([
    { on: 'looked', isFocused: false },
    { on: 'looked', isFocused: true },
  ])
})

describe('the table of keys', () => {
  it('gives no key twice, and help shows them all', () => {
    const keys = KEYS.flatMap((one) => one.keys)
    expect(new Set(keys).size).toBe(keys.length)
    const help = helpLines().join('\n')
    for (const one of KEYS) expect(help).toContain(one.help)
  })
})
