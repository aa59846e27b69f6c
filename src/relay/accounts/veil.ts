import type { Instant } from '../../domain/instant.ts'
import type { PresenceFact } from '../../domain/presence.ts'

/** For how long one friend was kept from seeing the owner; `to` is null while it lasts. */
export interface Veil {
  from: Instant
  to: Instant | null
}

/**
 * What a friend sees through a veil: somebody who went offline when it fell and came back when it was lifted, with
 * nothing that tells it from a real absence.
 */
export function throughVeil(fact: PresenceFact, veil: Veil | undefined): PresenceFact {
  if (veil === undefined) return fact
  const { from, to } = veil
  if (to === null) return { status: 'offline', onlineSince: null, statusSince: from, statusText: null }
  if (fact.status === 'offline') {
    return fact.statusSince > from && fact.statusSince < to ? { ...fact, statusSince: from } : fact
  }
  return {
    ...fact,
    onlineSince: Math.max(fact.onlineSince ?? to, to),
    statusSince: Math.max(fact.statusSince, to),
  }
}

/** The veil after the owner hid from a friend, or showed again. */
export function nextVeil(fact: PresenceFact, veil: Veil | undefined, hide: boolean, now: Instant): Veil {
  const shown = throughVeil(fact, veil)
  const from = shown.status === 'offline' ? shown.statusSince : now
  return hide ? { from, to: null } : { from, to: now }
}
