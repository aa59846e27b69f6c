/**
 * Why the machine refused. The message is a sentence for the person at the terminal and names the file or the value;
 * `reason` is for the caller's own error table.
 *
 * - `usage`: a value from outside (a profile name, a config key) cannot be used
 * - `insecure`: a file or directory that must be private belongs to somebody else, or is a link
 * - `bad-file`: a file's content cannot be understood
 * - `locked`: the keychain wants to be unlocked first
 * - `absent`: this machine, or this session, has no keychain
 */
export type HostErrorReason = 'usage' | 'insecure' | 'bad-file' | 'locked' | 'absent'

export class HostError extends Error {
  /** By its name: the command line's file and what it loads later each have a copy of this class. */
  static override [Symbol.hasInstance](value: unknown): value is HostError {
    return value instanceof Error && value.name === 'HostError'
  }

  readonly reason: HostErrorReason
  constructor(reason: HostErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'HostError'
    this.reason = reason
  }
}

/** The `code` of a system error (`ENOENT`, …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
