/**
 * Where everything lies in the engine:
 *
 *     !commit/<slot>                   the numbers of the last commits, one row each
 *     !epoch, !format                  of the whole store
 *     a/<account>/<space>/<rest>       an account's rows
 *     h/<account>                      its head: version, rows per space, wake instant
 *     w/<wake instant>/<account>       the wake index, 16 digits of epoch ms
 */
export const EPOCH_KEY = '!epoch'
export const FORMAT_KEY = '!format'

export const COMMITS = { gte: '!commit/', lt: '!commit0' } as const
export const HEADS = { gte: 'h/', lt: 'h0' } as const
export const WAKES = { gte: 'w/', lt: 'w0' } as const

/** At least as many commits as the engine keeps in its log: older ones lie in tables. */
export const COMMIT_SLOTS = 16_384

const WAKE_DIGITS = 16

export function commitKey(commit: number): string {
  return `!commit/${String(commit % COMMIT_SLOTS).padStart(5, '0')}`
}

export function rowPrefix(account: string): string {
  return `a/${account}/`
}

/** `a/<account>/<key>` in two. */
export function splitKey(fullKey: string): [account: string, key: string] {
  const end = fullKey.indexOf('/', 2)
  return [fullKey.slice(2, end), fullKey.slice(end + 1)]
}

export function headKey(account: string): string {
  return `h/${account}`
}

export function accountOfHead(key: string): string {
  return key.slice(2)
}

export function wakeKey(at: number, account: string): string {
  return `w/${wakeDigits(at)}/${account}`
}

/** Above all wake keys of this instant and below those of the next: '0' follows '/'. */
export function wakesUpTo(at: number): string {
  return `w/${wakeDigits(at)}0`
}

export function wakeOfKey(key: string): { at: number; account: string } {
  return { at: Number(key.slice(2, 2 + WAKE_DIGITS)), account: key.slice(3 + WAKE_DIGITS) }
}

/** What an error may say of a row: no account, no id. */
export function describeKey(key: string): string {
  if (key.startsWith('a/')) return `a row of space "${key.split('/')[2]}"`
  if (key.startsWith('h/')) return "an account's head"
  if (key.startsWith('w/')) return 'a row of the wake index'
  return `the row ${key.split('/')[0]}`
}

const ACCOUNT = /^[^/\0\p{Cs}]+$/u
const KEY = /^[^/\0\p{Cs}]+\/[^\0\p{Cs}]*$/u

/** Lone surrogates are refused too: in UTF-8 they would all become the same key. */
export function assertAccount(account: string): void {
  if (!ACCOUNT.test(account)) throw new TypeError('an account is a non-empty string without "/" and NUL')
}

export function assertKey(key: string): void {
  if (!KEY.test(key)) throw new TypeError('a key is "<space>/<rest>" without NUL')
}

export function spaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

function wakeDigits(at: number): string {
  return String(at).padStart(WAKE_DIGITS, '0')
}
