import { toRfc3339 } from '../../domain/instant.ts'
import type { Host } from '../../host/host.ts'
import type { RunCommand } from '../run-command.ts'
import type { Popup } from './notable.ts'

/** After this a command is killed. */
export const COMMAND_LIMIT_MS = 10_000
/** Waiting for a command that is slow; more are let go. */
const MOST_WAITING = 20

/** `notify.command`: every popup as JSON on the standard input of a program, one after another. */
export class NotifyCommand {
  readonly #command: readonly string[]
  readonly #run: RunCommand
  readonly #host: Host
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #failure: string | null = null
  readonly #closed = new AbortController()

  constructor(options: { command: readonly string[]; run: RunCommand; host: Host }) {
    this.#command = options.command
    this.#run = options.run
    this.#host = options.host
  }

  /** How the last one failed, and when; null: it did not. */
  get failure(): string | null {
    return this.#failure
  }

  /** Resolves with whether the program took it. */
  give(popup: Popup): Promise<boolean> {
    if (this.#waiting >= MOST_WAITING) {
      this.#failed('Popups come faster than it takes them.')
      return Promise.resolve(false)
    }
    this.#waiting += 1
    const given = this.#last.then(async () => {
      if (this.#closed.signal.aborted) return false
      const failure = await this.#run(this.#command, `${JSON.stringify(notice(popup))}\n`, this.#closed.signal)
      this.#waiting -= 1
      if (failure === null) this.#failure = null
      else this.#failed(failure)
      return failure === null
    })
    this.#last = given
    return given
  }

  /** Ends the one that runs; no other is started. */
  close(): void {
    this.#closed.abort()
  }

  #failed(failure: string): void {
    const { clock, log } = this.#host
    this.#failure = `notify.command at ${toRfc3339(clock.now())}: ${failure}`
    log.warn('notify command failed', { failure })
  }
}

/** What the program is given; every field is always there. */
export function notice({ kind, title, body, about, nick, urgency }: Popup): Record<string, unknown> {
  return {
    v: 1,
    kind,
    title,
    body,
    uin: nick === null ? null : (about?.uin ?? null),
    nick,
    backupId: about?.kind === 'backup' ? about.id : null,
    urgency,
  }
}
