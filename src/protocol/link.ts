/**
 * Addresses of relays and links. An address is what one connects to, with the keys that are expected there:
 *
 *     wss://relay.example:7465#pin=PIN,PIN
 *
 * A link is the same and an invite, in a form that needs no quotes in a shell and that chats leave whole (the reasons
 * are in docs/decisions/009-links-and-tls.md):
 *
 *     im://relay.example:7465/pin=PIN,PIN/invite=INVITE
 *
 * An invite is the secret of the relay's operator, or `UIN.SECRET` of somebody who wants a friend.
 */
import { isUin, type Uin } from '../domain/uin.ts'
import { ImError } from './errors.ts'

export interface RelayAddress {
  /** `ws:` or `wss:`, without the pins. */
  url: string
  /** base64url of the SHA-256 of public keys (SPKI), at most two: the current and the next. Empty: an authority vouches. */
  pins: readonly string[]
}

export interface Link {
  /** As an address, pins included. */
  relay: string
  invite: string | null
}

export interface Invite {
  /** Who gave it; null: the operator of the relay. */
  from: Uin | null
  secret: string
}

const MOST_PINS = 2
const PIN = /^[A-Za-z0-9_-]{43}$/
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const ADDRESS_HINT = 'it looks like wss://relay.example or im://relay.example/pin=…'
/** Without TLS, on this machine only: what tests, the demo and a first try use. */
const SCHEMES = { im: 'wss:', 'im+ws': 'ws:' } as const
const INVITE = /^(?:(\d{10})\.)?([0-9a-z]{16,40})$/

export function isLink(text: string): boolean {
  return /^im(\+ws)?:/i.test(text)
}

/** Refuses what is no address of a relay, and plain text that would leave this machine. */
export function parseAddress(text: string): RelayAddress {
  const url = parseUrl(text)
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new ImError('USAGE', `A relay's address begins with wss://, not ${url.protocol}//.`, { hint: ADDRESS_HINT })
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new ImError('USAGE', `${text} has more than a relay's address has.`, { hint: ADDRESS_HINT })
  }
  const pins = pinsOf(url.hash.slice(1))
  if (url.protocol === 'ws:' && (!LOOPBACK.test(url.hostname) || pins.length > 0)) {
    throw new ImError('RELAY_CERT', 'Without a certificate a relay may only be on this machine.', {
      hint: `use wss://${url.host}`,
    })
  }
  url.hash = ''
  return { url: url.href.replace(/\/+$/, ''), pins }
}

export function formatAddress({ url, pins }: RelayAddress): string {
  return pins.length === 0 ? url : `${url}#pin=${pins.join(',')}`
}

export function parseLink(text: string): Link {
  const [, scheme = '', rest = ''] = /^(im|im\+ws):\/\/(.+)$/i.exec(text.trim()) ?? []
  const protocol = SCHEMES[scheme.toLowerCase() as keyof typeof SCHEMES]
  if (protocol === undefined) throw broken(text)
  const [host = '', ...parts] = rest.split('/').filter((part) => part !== '')
  const path = parts.filter((part) => !part.includes('='))
  const fields = new Map(parts.flatMap((part) => (part.includes('=') ? [fieldOf(part)] : [])))
  const { pin, invite = null, ...unknown } = Object.fromEntries(fields)
  const [strange] = Object.keys(unknown)
  if (strange !== undefined) {
    throw new ImError('USAGE', `The link has a part "${strange}" that this im does not know.`, { hint: 'update im' })
  }
  if (invite !== null) parseInvite(invite)
  const base = [`${protocol}//${host}`, ...path].join('/')
  return { relay: formatAddress(parseAddress(pin === undefined ? base : `${base}#pin=${pin}`)), invite }
}

export function formatLink({ relay, invite }: Link): string {
  const { url, pins } = parseAddress(relay)
  const parts = [
    url.replace(/^wss:/, 'im:').replace(/^ws:/, 'im+ws:'),
    ...(pins.length === 0 ? [] : [`pin=${pins.join(',')}`]),
    ...(invite === null ? [] : [`invite=${invite}`]),
  ]
  return parts.join('/')
}

/** A relay as somebody typed it: an address, or a link, which may carry an invite. */
export function parseRelay(text: string): Link {
  return isLink(text) ? parseLink(text) : { relay: formatAddress(parseAddress(text)), invite: null }
}

export function parseInvite(text: string): Invite {
  const [, from, secret] = INVITE.exec(text) ?? []
  if (secret === undefined || (from !== undefined && !isUin(from))) {
    throw new ImError('USAGE', 'That is no invite: a part of it is missing or mistyped.', {
      hint: 'copy the whole link, or ask for it again',
    })
  }
  return { from: from === undefined ? null : (from as Uin), secret }
}

export function formatInvite({ from, secret }: Invite): string {
  return from === null ? secret : `${from}.${secret}`
}

function parseUrl(text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new ImError('USAGE', `${text} is no address of a relay.`, { hint: ADDRESS_HINT })
  }
}

function pinsOf(fragment: string): string[] {
  if (fragment === '') return []
  const pins = fragment.startsWith('pin=') ? fragment.slice(4).split(',') : []
  if (pins.length === 0 || pins.length > MOST_PINS || !pins.every(isPin)) {
    throw new ImError('USAGE', 'What follows # in the address is no pin: a part of it is missing or mistyped.', {
      hint: 'copy the whole address, or ask whoever runs the relay',
    })
  }
  return pins
}

/** The last symbol of 256 bits has two bits to spare, which must be zero: one pin is one text. */
function isPin(pin: string): boolean {
  return PIN.test(pin) && 'AEIMQUYcgkosw048'.includes(pin.slice(-1))
}

function fieldOf(part: string): [string, string] {
  const at = part.indexOf('=')
  return [part.slice(0, at), part.slice(at + 1)]
}

function broken(text: string): ImError {
  return new ImError('USAGE', `${text} is no link: a part of it is missing or mistyped.`, { hint: ADDRESS_HINT })
}
