import { isUin, type Uin, uinDigits } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { FriendState } from '../../protocol/records.ts'

export interface Person {
  uin: Uin
  /** The local name: the nick when the friendship began. */
  name: string | null
  alias: string | null
  state: FriendState
}

export interface WhoContext {
  me: Uin
  people: Iterable<Person>
  /** A person at a terminal: prefixes of names are taken. */
  person: boolean
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

function label(person: Person): string {
  const name = person.alias ?? person.name
  return name === null ? person.uin : `${name} (${person.uin})`
}

function only(found: readonly Person[], typed: string): Uin | null {
  const [first, second] = found
  if (first === undefined) return null
  if (second === undefined) return first.uin
  const names = found.slice(0, 5).map(label).join(', ')
  throw new ImError('AMBIGUOUS', `"${typed}" could be ${names}${found.length > 5 ? ', …' : ''}.`, {
    hint: 'use the UIN, or give one of them an alias: im friend alias WHO NAME',
  })
}

/**
 * Who is meant: a UIN (spaces and dashes ignored), `me`, an alias, a full local name, a unique prefix on a terminal.
 * A UIN need not be a friend's. Throws BAD_UIN, AMBIGUOUS or NO_SUCH_FRIEND.
 */
export function resolveWho(typed: string, { me, people, person }: WhoContext): Uin {
  const known = [...people].filter((one) => one.state !== 'removed')
  const wanted = folded(typed.trim())
  const digits = uinDigits(typed)
  if (digits !== null && isUin(digits)) return digits
  if (wanted === 'me') return me
  const named =
    only(
      known.filter((one) => one.alias !== null && folded(one.alias) === wanted),
      typed,
    ) ??
    only(
      known.filter((one) => one.name !== null && folded(one.name) === wanted),
      typed,
    )
  if (named !== null) return named
  if (digits !== null) {
    const why = digits.length === 10 ? 'its check digit is wrong; was it mistyped?' : 'a UIN has ten digits'
    throw new ImError('BAD_UIN', `${typed.trim()} is no valid UIN: ${why}.`)
  }
  const begun = wanted === '' || !person ? [] : known.filter((one) => startsWith(one, wanted))
  const meant = only(begun, typed)
  if (meant !== null) return meant
  throw new ImError('NO_SUCH_FRIEND', `There is no friend "${typed.trim()}".`, { hint: 'im friend list' })
}

function startsWith(person: Person, wanted: string): boolean {
  return [person.alias, person.name].some((name) => name !== null && folded(name).startsWith(wanted))
}
