import { describe, expect, it } from 'vitest'
import { open, seal } from '../../../src/sealing/aead.ts'
import { binding, fromBase64url, utf8 } from '../../../src/sealing/bytes.ts'
import { random, refusal } from './support.ts'

const key = random(32)
const bound = binding('here', 1)

describe('AES-256-GCM', () => {
  it('never uses a nonce twice under one key', () => {
    const nonces = Array.from({ length: 100 }, () => seal(key, utf8('same'), bound, random).slice(0, 16))
    expect(new Set(nonces).size).toBe(100)
  })

  it('is refused cut short anywhere, with the reason the caller names or as malformed', async () => {
    const sealed = seal(key, utf8('hello'), bound, random)
    expect(open(key, sealed, bound, 'text', 'damaged')).toEqual(Buffer.from('hello'))
    for (let length = 0; length < sealed.length; length++) {
      const reason = await refusal(() => open(key, sealed.slice(0, length), bound, 'text', 'damaged'))
      expect(['damaged', 'malformed']).toContain(reason)
    }
  })

  it('is bound: no two different lists of fields read the same', () => {
    const lists = [['a', 'b'], ['ab'], ['a","b'], ['a', null], ['a', 'null'], [1], ['1'], []]
    const texts = lists.map((fields) => Buffer.from(binding('here', ...fields)).toString())
    expect(new Set(texts).size).toBe(lists.length)
  })
})

describe('base64url', () => {
  it('has one text for the same bytes', async () => {
    expect(fromBase64url('AQ', 'x')).toEqual(Buffer.from([1]))
    for (const text of ['AR', 'AQ==', 'A Q', 'AQ\n', 'A', '+/8', 'é']) {
      expect(await refusal(() => fromBase64url(text, 'x'))).toBe('malformed')
    }
    expect(await refusal(() => fromBase64url('AQ', 'x', 2))).toBe('malformed')
  })
})
