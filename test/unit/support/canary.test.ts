import { describe, expect, it } from 'vitest'
import { findWord } from '../../support/canary.ts'
import { payloads } from '../../support/recording-proxy.ts'

const WORD = 'Kanarienvogel7Q'

describe('looking for a word', () => {
  it.each([
    ['raw', (text: string) => Buffer.from(text)],
    ['hex', (text: string) => Buffer.from(Buffer.from(text).toString('hex'))],
    ['UTF-16LE', (text: string) => Buffer.from(text, 'utf16le')],
    ['UTF-16BE', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ['base64', (text: string) => Buffer.from(Buffer.from(text).toString('base64'))],
    ['base64url', (text: string) => Buffer.from(Buffer.from(text).toString('base64url'))],
    [
      'JSON escapes',
      (text: string) => Buffer.from([...text].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')),
    ],
  ])('finds it as %s, wherever it stands', (form, encode) => {
    for (const before of ['', 'a', 'ab', 'abc', 'öö']) {
      const bytes = encode(`${before}${WORD} and more`)
      if (form === 'JSON escapes' && before === 'öö') continue
      expect(findWord(WORD, bytes).some((name) => name.startsWith(form.replace('url', '')))).toBe(true)
    }
  })

  it('finds nothing where it is not', () => {
    expect(findWord(WORD, Buffer.from('Kanarienvogel8Q'.repeat(1_000)))).toEqual([])
  })
})

it('reads the payloads of frames, masked and not, of every kind of length', () => {
  const frame = (text: string, mask: Buffer | null): Buffer => {
    const payload = Buffer.from(text)
    const length =
      payload.length < 126
        ? Buffer.from([payload.length])
        : Buffer.concat([Buffer.from([payload.length < 65_536 ? 126 : 127]), lengthOf(payload.length)])
    length[0] = (length[0] ?? 0) | (mask === null ? 0 : 0x80)
    const body = mask === null ? payload : payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))
    return Buffer.concat([Buffer.from([0x81]), length, mask ?? Buffer.alloc(0), body])
  }
  const lengthOf = (n: number): Buffer => {
    const bytes = Buffer.alloc(n < 65_536 ? 2 : 8)
    if (n < 65_536) bytes.writeUInt16BE(n)
    else bytes.writeBigUInt64BE(BigInt(n))
    return bytes
  }
  const mask = Buffer.from([1, 2, 3, 4])
  const texts = ['short', 'x'.repeat(300), 'y'.repeat(70_000)]
  const stream = Buffer.concat([
    Buffer.from('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
    ...texts.flatMap((text) => [frame(text, null), frame(text, mask)]),
  ])
  expect(payloads(stream).toString()).toBe(texts.flatMap((text) => [`${text}\n`, `${text}\n`]).join(''))
})
