import { describe, expect, it } from 'vitest'
import { ImError } from '../../../src/protocol/errors.ts'
import { formatLink, isLink, parseAddress, parseInvite, parseLink, parseRelay } from '../../../src/protocol/link.ts'

const PIN = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
const NEXT = `${'A'.repeat(42)}E`
const SECRET = 'k3v9q2m7x1c8w4t6k3v9q2m7'

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'taken'
  } catch (error) {
    return error instanceof ImError ? error.code : String(error)
  }
}

describe('a link', () => {
  it.each([
    ['wss://relay.example', null, 'im://relay.example'],
    ['wss://relay.example:7465', SECRET, `im://relay.example:7465/invite=${SECRET}`],
    [`wss://192.0.2.1:7465#pin=${PIN}`, null, `im://192.0.2.1:7465/pin=${PIN}`],
    [
      `wss://relay.example:7465#pin=${PIN},${NEXT}`,
      `4835022718.${SECRET}`,
      `im://relay.example:7465/pin=${PIN},${NEXT}/invite=4835022718.${SECRET}`,
    ],
    ['wss://relay.example/im/a', SECRET, `im://relay.example/im/a/invite=${SECRET}`],
    ['wss://[2001:db8::1]:7465', null, 'im://[2001:db8::1]:7465'],
    ['ws://127.0.0.1:7465', SECRET, `im+ws://127.0.0.1:7465/invite=${SECRET}`],
  ])('to %s with %s is written and read', (relay, invite, text) => {
    expect(formatLink({ relay, invite })).toBe(text)
    expect(parseLink(text)).toEqual({ relay, invite })
    expect(isLink(text)).toBe(true)
  })

  it('needs no quotes in a shell, and has nothing a chat would cut off or make bold', () => {
    const relay = `wss://relay.example:7465#pin=${PIN},${NEXT}`
    expect(formatLink({ relay, invite: `4835022718.${SECRET}` })).toMatch(/^[A-Za-z0-9:/=,._-]+[A-Za-z0-9]$/)
  })

  it('is read though it was pasted with blanks around it or ends with a slash', () => {
    expect(parseLink(` im://relay.example/pin=${PIN}/ \n`)).toEqual({
      relay: `wss://relay.example#pin=${PIN}`,
      invite: null,
    })
  })

  it.each([
    ['im://'],
    ['im:relay.example'],
    ['imx://relay.example'],
    [`im://relay.example/pin=${PIN.slice(1)}`],
    [`im://relay.example/pin=${PIN.slice(0, -1)}V`],
    [`im://relay.example/pin=${PIN},${PIN},${PIN}`],
    ['im://relay.example/invite=short'],
    [`im://relay.example/invite=1234567890.${SECRET}`],
    [`im://relay.example/invite=${SECRET}?x=1`],
    [`im://relay.example/colour=red`],
    ['im://user:secret@relay.example'],
  ])('%s is refused', (text) => {
    expect(codeOf(() => parseLink(text))).toBe('USAGE')
  })
})

describe('an address', () => {
  it('is refused without TLS but on this machine', () => {
    for (const host of ['relay.example', '192.0.2.1', '127.evil.example', '[::2]', '127.0.0.1.evil.example'])
      expect(codeOf(() => parseAddress(`ws://${host}:7465`))).toBe('RELAY_CERT')
    for (const host of ['127.0.0.1', 'localhost', '[::1]'])
      expect(parseAddress(`ws://${host}:7465`).url).toBe(`ws://${host}:7465`)
    expect(codeOf(() => parseLink('im+ws://relay.example'))).toBe('RELAY_CERT')
    expect(codeOf(() => parseAddress(`ws://127.0.0.1#pin=${PIN}`))).toBe('RELAY_CERT')
  })

  it.each(['https://relay.example', 'relay.example', '', 'wss://', 'wss://relay.example?x', 'wss://a:b@c'])(
    '%j is refused',
    (text) => {
      expect(codeOf(() => parseAddress(text))).toBe('USAGE')
    },
  )

  it('may be typed where a link may, and the other way round', () => {
    expect(parseRelay('wss://relay.example/')).toEqual({ relay: 'wss://relay.example', invite: null })
    expect(parseRelay(`im://relay.example/invite=${SECRET}`).invite).toBe(SECRET)
  })
})

it('an invite says who gave it', () => {
  expect(parseInvite(SECRET)).toEqual({ from: null, secret: SECRET })
  expect(parseInvite(`4835022718.${SECRET}`)).toEqual({ from: '4835022718', secret: SECRET })
})
