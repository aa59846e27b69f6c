/** What can be wrong with words, rules and conditions: a subset of the protocol's error codes. */
export type DomainErrorCode =
  | 'BAD_TIME'
  | 'PAST_TIME'
  | 'BAD_ZONE'
  | 'BAD_DURATION'
  | 'BAD_TRIGGER'
  | 'BAD_PATTERN'
  | 'NEVER_FIRES'

/**
 * A refusal of this room. It cannot use the protocol's error class, since imports run the other way; whoever calls
 * turns it into one. `message` is a sentence for anybody to read, `hint` says what to write instead.
 */
export class DomainError extends Error {
  /** By its name: the command line's file and what it loads later each have a copy of this class. */
  static override [Symbol.hasInstance](value: unknown): value is DomainError {
    return value instanceof Error && value.name === 'DomainError'
  }

  readonly code: DomainErrorCode
  readonly hint: string | null

  constructor(code: DomainErrorCode, message: string, hint: string | null = null) {
    super(message)
    this.name = 'DomainError'
    this.code = code
    this.hint = hint
  }
}
