import { createHash } from 'node:crypto'
import type { Uin } from '../domain/uin.ts'
import type { RandomBytes } from '../host/host.ts'
import { ImError } from '../protocol/errors.ts'

/** A leading `-` reads as a flag in a shell. */
function startsPlainly(id: string): string {
  return id.replace(/^[-_]/, 'A')
}

/** 128 random bits, 22 characters. */
export function randomId(random: RandomBytes): string {
  return startsPlainly(Buffer.from(random(16)).toString('base64url'))
}

/** The id that `--key` stands for: the same on every device of the account, 43 characters. */
export function keyedId(account: Uin, key: string): string {
  return startsPlainly(createHash('sha256').update(`${account}\n${key}`).digest('base64url'))
}

/** The id of what is added by a call of that name, 43 characters. */
export function onceId(account: Uin, name: string): string {
  return startsPlainly(createHash('sha256').update(`${account}\nonce\n${name}`).digest('base64url'))
}

/** The id of what another id's line of an export becomes here, 43 characters. */
export function importedId(account: Uin, id: string): string {
  return startsPlainly(createHash('sha256').update(`${account}\nimport\n${id}`).digest('base64url'))
}

/** Arguments, to be recognised and not to be read. */
export function digestOf(args: object): string {
  return createHash('sha256').update(JSON.stringify(args)).digest('base64url')
}

const SHORTEST_PREFIX = 4

/** The one id that is the text or begins with it, from four characters on. Null: none. Throws AMBIGUOUS. */
export function findId(typed: string, ids: Iterable<string>): string | null {
  const found: string[] = []
  for (const id of ids) {
    if (id === typed) return id
    if (typed.length >= SHORTEST_PREFIX && id.startsWith(typed)) found.push(id)
  }
  if (found.length > 1) {
    const named = found.slice(0, 5).map((id) => id.slice(0, typed.length + 4))
    throw new ImError('AMBIGUOUS', `${typed} could be ${named.join(', ')}${found.length > 5 ? ', …' : ''}.`, {
      hint: 'give more characters of the id',
    })
  }
  return found[0] ?? null
}
