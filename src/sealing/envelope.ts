/** Envelopes as the log holds them (see `Envelope` in protocol/records.ts). Text goes into sealed ones in `content.ts`. */
import type { Envelope } from '../protocol/records.ts'
import { SealError } from './seal-error.ts'

export type SealedEnvelope = Extract<Envelope, { kind: 'sealed' }>

/** Clear text is refused where sealed text is expected, or whoever carries it could put its own words in. */
export function demandSealed(envelope: Envelope): SealedEnvelope {
  if (envelope.kind !== 'sealed') throw new SealError('not-sealed', 'envelope: not sealed')
  return envelope
}

/** What goes into the owner's log when a message is sent: nothing that only the friend can open. */
export function ownersCopy(envelope: Envelope): Envelope {
  return envelope.kind === 'plain' ? envelope : { ...envelope, wraps: { ...envelope.wraps, to: null } }
}

/** What goes into the friend's log: nothing that only the owner can open. */
export function friendsCopy(envelope: Envelope): Envelope {
  return envelope.kind === 'plain' ? envelope : { ...envelope, wraps: { ...envelope.wraps, self: null } }
}
