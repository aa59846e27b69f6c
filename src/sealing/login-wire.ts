/** What both ends of a login agree on: under which names it runs, and how slow guessing a password is made. */
import type { Uin } from '../domain/uin.ts'
import { SealError } from './seal-error.ts'

/** An account has two OPAQUE records: one for its password, one for its recovery code. */
export type LoginKind = 'password' | 'recovery'

export interface LoginIdentity {
  uin: Uin
  kind: LoginKind
}

/** The relay's name in every OPAQUE exchange; bound to the records, so it can never change. */
const SERVER_NAME = 'im-relay'

/** The OPAQUE credential and client identifier of a record. */
export function credentialOf({ uin, kind }: LoginIdentity): string {
  return kind === 'password' ? uin : `${uin}/recovery`
}

export function identifiersOf(identity: LoginIdentity): { client: string; server: string } {
  return { client: credentialOf(identity), server: SERVER_NAME }
}

/** Argon2id (RFC 9106) as the client runs it on the password. */
export interface Stretching {
  memoryKib: number
  iterations: number
  parallelism: number
}

/** RFC 9106, 4, second recommended option; also the library's default. Measured: 0.16-0.21 s and 64 MiB. */
export const DEFAULT_STRETCHING: Stretching = { memoryKib: 64 * 1024, iterations: 3, parallelism: 4 }

/** More than this a client does not spend on a relay's word: 2 GiB is RFC 9106's first recommended option. */
const MAX_STRETCHING: Stretching = { memoryKib: 2 * 1024 * 1024, iterations: 16, parallelism: 16 }

const STRETCHED = /^argon2id\$m=([1-9]\d{0,7}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9_-]{1,2048})$/

/**
 * An OPAQUE record or login response with the stretching of its account in front, in the manner of a PHC string:
 * `argon2id$m=65536,t=3,p=4$<base64url>`. A client needs it before it can finish a login, and knows only UIN and
 * password; so the relay keeps it in the record and gives it back with the response. Nobody else looks inside.
 */
export interface Stretched {
  stretching: Stretching
  payload: string
}

export function formatStretched({ stretching, payload }: Stretched): string {
  return `argon2id$m=${stretching.memoryKib},t=${stretching.iterations},p=${stretching.parallelism}$${payload}`
}

/** Throws SealError `malformed`, also for stretching no client would do. */
export function parseStretched(text: string): Stretched {
  const [, memory, iterations, parallelism, payload] = STRETCHED.exec(text) ?? []
  const stretching = {
    memoryKib: Number(memory),
    iterations: Number(iterations),
    parallelism: Number(parallelism),
  }
  if (payload === undefined || !isBearable(stretching)) throw new SealError('malformed', 'login: not a stretched value')
  return { stretching, payload }
}

function isBearable(stretching: Stretching): boolean {
  return (
    stretching.memoryKib <= MAX_STRETCHING.memoryKib &&
    stretching.memoryKib >= 8 * stretching.parallelism &&
    stretching.iterations <= MAX_STRETCHING.iterations &&
    stretching.parallelism <= MAX_STRETCHING.parallelism
  )
}
