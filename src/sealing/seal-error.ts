/**
 * - `malformed`: not of the form at all (length, alphabet, structure).
 * - `typo`: a recovery code whose check symbols do not match.
 * - `not-sealed`: clear text where sealed text is demanded.
 * - `wrong-key`: does not open with this key: it is for somebody else, or was altered (AES-GCM cannot tell which).
 * - `bad-signature`: not written by this sender for this recipient and origin, or altered.
 * - `damaged`: the key is right, what lies under it is not.
 */
export type SealReason = 'malformed' | 'typo' | 'not-sealed' | 'wrong-key' | 'bad-signature' | 'damaged'

/** Something sealed that cannot be opened. The message names the part, never its content. */
export class SealError extends Error {
  readonly reason: SealReason

  constructor(reason: SealReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'SealError'
    this.reason = reason
  }
}
