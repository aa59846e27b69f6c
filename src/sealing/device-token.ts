import { createHash, timingSafeEqual } from 'node:crypto'
import type { RandomBytes } from '../host/host.ts'
import { toBase64url } from './bytes.ts'

/** What proves a device: `<deviceId>.<base64url of 32 random bytes>`. Never in a URL or a log. */
export type DeviceToken = string & { readonly __brand: 'DeviceToken' }

const SECRET_BYTES = 32
const FORM = /^([A-Za-z0-9_-]{16,64})\.[A-Za-z0-9_-]{43}$/

export function makeDeviceToken(deviceId: string, random: RandomBytes): DeviceToken {
  return `${deviceId}.${toBase64url(random(SECRET_BYTES))}` as DeviceToken
}

/** Whose token this claims to be, to look the hash up by; null if it is no token. */
export function parseDeviceToken(text: string): { deviceId: string; token: DeviceToken } | null {
  const deviceId = FORM.exec(text)?.[1]
  return deviceId === undefined ? null : { deviceId, token: text as DeviceToken }
}

/** What the relay keeps: SHA-256, base64url. Fast on purpose: 256 random bits cannot be guessed at any speed. */
export function hashDeviceToken(token: DeviceToken): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** Whether the kept hash is this token's, in a time that tells nothing of either. */
export function isDeviceToken(token: DeviceToken, hash: string): boolean {
  const actual = Buffer.from(hashDeviceToken(token))
  const kept = Buffer.from(hash)
  return actual.length === kept.length && timingSafeEqual(actual, kept)
}
