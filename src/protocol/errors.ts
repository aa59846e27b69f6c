/**
 * Every error a user or a script can meet. The codes and exit codes are API; the sentences may change.
 * `retry` says whether the same call can succeed later without anything being changed.
 * `docs/errors.md` is generated from this table.
 */
export const ERRORS = {
  USAGE: { exit: 2, retry: false, sentence: 'The command is not understood.' },
  BAD_TIME: { exit: 2, retry: false, sentence: 'That is no time I can read.' },
  PAST_TIME: { exit: 2, retry: false, sentence: 'That time has passed.' },
  BAD_ZONE: { exit: 2, retry: false, sentence: 'That time zone does not exist.' },
  BAD_DURATION: { exit: 2, retry: false, sentence: 'That is no length of time I can read.' },
  BAD_UIN: { exit: 2, retry: false, sentence: 'That is no valid UIN.' },
  AMBIGUOUS: { exit: 2, retry: false, sentence: 'That could mean more than one.' },
  EMPTY_TEXT: { exit: 2, retry: false, sentence: 'There is no text.' },
  BAD_UTF8: { exit: 2, retry: false, sentence: 'The text is not valid UTF-8.' },
  BAD_TRIGGER: { exit: 2, retry: false, sentence: 'These conditions do not go together.' },
  BAD_PATTERN: { exit: 2, retry: false, sentence: 'That pattern cannot be used.' },
  BAD_FILE: { exit: 2, retry: false, sentence: 'That file cannot be used.' },
  INPUT_NEEDED: { exit: 2, retry: false, sentence: 'Something is missing and there is nobody to ask.' },
  RELAY_UNREACHABLE: { exit: 3, retry: true, sentence: 'The relay does not answer.' },
  RELAY_PROTOCOL: { exit: 3, retry: false, sentence: 'The relay speaks another protocol version.' },
  RELAY_CERT: { exit: 3, retry: false, sentence: "The relay's certificate is not the expected one." },
  DISK_FULL: { exit: 3, retry: true, sentence: 'The disk is nearly full; changes are refused.' },
  STORE_FORMAT: { exit: 3, retry: false, sentence: 'The store was written by another version.' },
  STORE_DAMAGED: { exit: 3, retry: false, sentence: 'The store is damaged.' },
  IO: { exit: 3, retry: true, sentence: 'Reading or writing failed.' },
  NOT_LOGGED_IN: { exit: 4, retry: false, sentence: 'Nobody is logged in here.' },
  WRONG_LOGIN: { exit: 4, retry: false, sentence: 'UIN or password is wrong.' },
  TOKEN_REFUSED: { exit: 4, retry: false, sentence: 'The relay no longer accepts this device.' },
  KEYCHAIN_LOCKED: { exit: 4, retry: true, sentence: 'The keychain is locked.' },
  RATE_LIMITED: { exit: 5, retry: true, sentence: 'Too many requests.' },
  NO_SUCH_FRIEND: { exit: 6, retry: false, sentence: 'There is no friend of that name.' },
  NO_SUCH_BACKUP: { exit: 6, retry: false, sentence: 'There is no such backup.' },
  NO_SUCH_MESSAGE: { exit: 6, retry: false, sentence: 'There is no such message.' },
  NO_SUCH_DEVICE: { exit: 6, retry: false, sentence: 'There is no such device.' },
  NOT_FRIENDS: { exit: 7, retry: false, sentence: 'You are not friends.' },
  BLOCKED_BY_ME: { exit: 7, retry: false, sentence: 'You have blocked them.' },
  REV_CONFLICT: { exit: 7, retry: false, sentence: 'It was changed somewhere else meanwhile.' },
  ALREADY_SENT: { exit: 7, retry: false, sentence: 'It has been sent already.' },
  ALREADY_FINISHED: { exit: 7, retry: false, sentence: 'It has ended already.' },
  KEY_TAKEN: { exit: 7, retry: false, sentence: 'That key belongs to something else.' },
  NEVER_FIRES: { exit: 7, retry: false, sentence: 'That can never come due.' },
  TOO_LONG: { exit: 7, retry: false, sentence: 'It is too long.' },
  LIMIT: { exit: 7, retry: false, sentence: 'A limit of the relay is reached.' },
  KEY_CHANGED: { exit: 7, retry: false, sentence: "The friend's key has changed." },
  NOT_SEALED: { exit: 7, retry: false, sentence: 'It is not sealed, so anybody on its way could have written it.' },
  BAD_SEAL: { exit: 7, retry: false, sentence: 'Its seal is broken: it was altered, or is by somebody else.' },
  WRONG_RECIPIENT: { exit: 7, retry: false, sentence: 'It is sealed for somebody else.' },
  REPLAYED: { exit: 7, retry: false, sentence: 'It has come before, as another message.' },
  UNKNOWN_KIND: { exit: 7, retry: false, sentence: 'It is of a kind that this version does not know.' },
  LOOP_CAP: { exit: 7, retry: false, sentence: 'Too many automatic messages in a short time.' },
  RUN_FAILED: { exit: 7, retry: false, sentence: 'The command has failed.' },
  LOGGED_IN_ALREADY: { exit: 7, retry: false, sentence: 'Somebody is logged in here already.' },
  UNSENT: { exit: 7, retry: true, sentence: 'Some things have not reached the relay yet.' },
  RELAY_RUNNING: { exit: 7, retry: true, sentence: 'The relay is running.' },
  NO_SERVICE_MANAGER: { exit: 7, retry: false, sentence: 'There is no service manager here that im can use.' },
  NOT_YET: { exit: 8, retry: true, sentence: 'Accepted, but not finished yet.' },
  DAEMON_UNREACHABLE: { exit: 9, retry: true, sentence: 'The daemon does not answer.' },
  DAEMON_NEWER: { exit: 9, retry: false, sentence: 'The daemon is newer than this command.' },
  TIMEOUT: { exit: 124, retry: true, sentence: 'Nothing happened in time.' },
  INTERRUPTED: { exit: 130, retry: true, sentence: 'Interrupted.' },
  INTERNAL: { exit: 1, retry: false, sentence: 'Something went wrong inside im.' },
} as const satisfies Record<string, { exit: number; retry: boolean; sentence: string }>

export type ErrorCode = keyof typeof ERRORS

export interface ImErrorOptions {
  /** The next command, or what to change. */
  hint?: string
  /** When a retry can help, how long to wait. */
  retryAfterMs?: number
  cause?: unknown
}

/** What crosses a link in place of the error: safe for anybody to read. */
export interface ErrorData {
  code: ErrorCode
  message: string
  hint: string | null
  retryAfterMs: number | null
}

/** A failure with a code from the table. `message` is the safe sentence; the cause stays in the log. */
export class ImError extends Error {
  /** By its name: the command line's file and what it loads later each have a copy of this class. */
  static override [Symbol.hasInstance](value: unknown): value is ImError {
    return value instanceof Error && value.name === 'ImError'
  }

  readonly code: ErrorCode
  readonly hint: string | null
  readonly retryAfterMs: number | null

  constructor(code: ErrorCode, message?: string, options: ImErrorOptions = {}) {
    super(message ?? ERRORS[code].sentence, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'ImError'
    this.code = code
    this.hint = options.hint ?? null
    this.retryAfterMs = options.retryAfterMs ?? null
  }

  get exit(): number {
    return ERRORS[this.code].exit
  }

  get retry(): boolean {
    return ERRORS[this.code].retry
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      retryAfterMs: this.retryAfterMs,
    }
  }

  static fromData(data: ErrorData): ImError {
    const options: ImErrorOptions = {}
    if (data.hint !== null) options.hint = data.hint
    if (data.retryAfterMs !== null) options.retryAfterMs = data.retryAfterMs
    return new ImError(Object.hasOwn(ERRORS, data.code) ? data.code : 'INTERNAL', data.message, options)
  }
}

/** The error as it may cross a link: an ImError as it is, anything else as INTERNAL without its text. */
export function toErrorData(error: unknown): ErrorData {
  return error instanceof ImError ? error.toData() : new ImError('INTERNAL').toData()
}
