/** The window's line to the daemon: asks for what the window wants, tells it what comes, and comes back when it is lost. */
import { ImError } from '../../protocol/errors.ts'
import type { LocalMethod, LocalParams, LocalResults } from '../../protocol/local-api.ts'
import type { MessageView, WatchEvent } from '../../protocol/views.ts'
import { type Connection, openDaemon } from '../client/client.ts'
import { pause } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { stateSentence } from '../describe/backup.ts'
import { asImError } from '../output/error-line.ts'
import { Drafts } from './drafts.ts'
import type { Chat, DaemonEffect, Event } from './model.ts'
import { namesIn } from './names.ts'
import { openConversation } from './open.ts'
import { PERFORM } from './perform.ts'

export interface SessionOptions {
  context: Context
  tell: (event: Event) => void
  chat: () => Chat
  /** Makes the keys of this window's messages nobody else's. */
  prefix: string
}

/** How soon lists are asked for again after a change: what comes together is asked for once. */
const REFRESH_MS = 100
const LEAVE_MS = 3_000
const RETRY_MS = [100, 300, 1_000, 2_000]
/** So often it is hoped that whoever ended the daemon starts another. */
const TRIES_WITHOUT_STARTING = 2

export class Session {
  readonly options: SessionOptions
  readonly drafts: Drafts
  /** Messages go one after another: they are to arrive in the order they were written. */
  #sending: Promise<void> = Promise.resolve()
  #connection: Connection | null = null
  #cursor: string | null = null
  #refreshing: (() => void) | null = null
  /** Messages that came while a conversation was being opened. */
  #meanwhile: MessageView[] | null = null
  readonly #ended = new AbortController()
  /** Names of adds of which nobody knows whether they were made, by what they ask for. */
  readonly #doubted = new Map<string, string>()
  #adds = 0

  constructor(options: SessionOptions) {
    this.options = options
    const { timers } = options.context.io
    this.drafts = new Drafts(timers, (draft) => this.call('draft.put', draft))
  }

  async call<M extends LocalMethod>(method: M, params: LocalParams<M>): Promise<LocalResults[M]> {
    if (this.#connection === null) throw new ImError('DAEMON_UNREACHABLE', 'the daemon is gone; connecting')
    return this.#connection.call(method, params)
  }

  /** Connects, and stays connected until `close`. The first time errors are thrown; later they are told. */
  async start(): Promise<void> {
    await this.#connect(false)
    void this.#stay()
  }

  /** What was sent or written last reaches the daemon first, unless it takes too long. */
  async close(): Promise<void> {
    const { io } = this.options.context
    const done = new AbortController()
    const late = pause(io, LEAVE_MS, done.signal).catch(() => {})
    await Promise.race([Promise.all([this.#sending, this.drafts.flush()]), late])
    done.abort()
    this.#ended.abort()
    this.#refreshing?.()
    this.#connection?.close()
  }

  perform(effect: DaemonEffect): void {
    const perform = PERFORM[effect.do] as (session: Session, effect: DaemonEffect) => Promise<void>
    perform(this, effect).catch(async (error: unknown) =>
      this.tell({ on: 'says', text: await why(error), isBad: true }),
    )
  }

  tell(event: Event): void {
    if (!this.#ended.signal.aborted) this.options.tell(event)
  }

  /** Adds a backup. After a daemon that died before it answered, the same once more is the same backup. */
  async add(add: LocalParams<'backup.add'>): Promise<LocalResults['backup.add']> {
    const asked = JSON.stringify(add)
    const once = this.#doubted.get(asked) ?? `${this.options.prefix}-${++this.#adds}`
    this.#doubted.set(asked, once)
    try {
      const backup = await this.call('backup.add', { ...add, once })
      this.#doubted.delete(asked)
      return backup
    } catch (error) {
      if (!isGone(error)) this.#doubted.delete(asked)
      throw error
    }
  }

  inOrder(send: () => Promise<void>): Promise<void> {
    this.#sending = this.#sending.then(send)
    return this.#sending
  }

  async open(who: string, backupId: string | null): Promise<void> {
    this.#meanwhile = []
    try {
      await this.drafts.flush()
      this.tell({ on: 'opened', conversation: await openConversation(this, who, backupId) })
      for (const message of this.#meanwhile) this.tell({ on: 'message', message })
    } finally {
      this.#meanwhile = null
    }
    this.#changed()
  }

  /** Lists once more, and the mark of a message that waited for the relay. */
  async refresh(): Promise<void> {
    this.tell({ on: 'people', people: await this.call('chat.people', {}) })
    const { who, last } = this.options.chat()
    if (who === null) return
    this.tell({
      on: 'backups',
      uin: who.uin,
      backups: await this.call('backup.list', { to: who.uin, due: false, all: false }),
    })
    if (last?.state !== 'queued') return
    const messages = await this.call('message.history', { who: who.uin, limit: 20 })
    const now = messages.find(({ id }) => id === last.id)
    if (now !== undefined) this.tell({ on: 'receipt', message: now })
  }

  sentence(backup: Parameters<typeof stateSentence>[0]): string {
    const { context, chat } = this.options
    return stateSentence(backup, namesIn(chat()), context.io.clock.now())
  }

  async #connect(onlyRunning: boolean): Promise<void> {
    const { io, paths } = this.options.context
    const never = new AbortController().signal
    // An interruption ends the window, which still has something to say to the daemon then.
    const connection = openDaemon({
      io: { ...io, interrupted: () => never },
      paths,
      timeoutMs: null,
      onlyRunning,
      unattended: true,
    })
    try {
      await connection.call('chat.attach', {})
      connection.on('watch.event', (event) => this.#watched(event))
      connection.on('chat.changed', () => this.#changed())
      connection.on('chat.focus', ({ uin, backupId }) => this.tell({ on: 'focus', uin, backupId }))
      const after = this.#cursor === null ? {} : { after: this.#cursor }
      const { cursor } = await connection.call('watch.start', { types: ['message', 'receipt'], ...after })
      this.#cursor ??= cursor
    } catch (error) {
      connection.close()
      throw error
    }
    this.#connection = connection
  }

  async #stay(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#connection?.closed
      this.#connection = null
      if (this.#ended.signal.aborted) return
      this.tell({ on: 'unlinked', why: 'the daemon has gone; what you write is kept' })
      await this.#comeBack()
    }
  }

  async #comeBack(): Promise<void> {
    const { io } = this.options.context
    for (let tries = 0; !this.#ended.signal.aborted; tries++) {
      try {
        await pause(io, RETRY_MS[tries] ?? RETRY_MS.at(-1) ?? 0, this.#ended.signal)
        await this.#connect(tries < TRIES_WITHOUT_STARTING)
        this.tell({ on: 'linked' })
        await this.drafts.flush()
        await this.refresh()
        return
      } catch {
        // Again; the status line says that there is none.
      }
    }
  }

  #watched({ type, message, cursor }: WatchEvent): void {
    if (cursor !== null) this.#cursor = cursor
    if (message === undefined) return
    if (type === 'message') this.#meanwhile?.push(message)
    this.tell(type === 'receipt' ? { on: 'receipt', message } : { on: 'message', message })
  }

  #changed(): void {
    this.#refreshing ??= this.options.context.io.timers.after(REFRESH_MS, () => {
      this.#refreshing = null
      // Without a daemon there is nobody to ask; when it is back it is asked.
      this.refresh().catch(() => {})
    })
  }
}

/** An error as one sentence, with what to do where that is known. */
export async function why(error: unknown): Promise<string> {
  const { message, hint } = await asImError(error)
  return `${message.replace(/[.\s]+$/, '')}${hint === null ? '' : ` (${hint})`}`
}

/** Whether it was done is not known. */
export function isGone(error: unknown): boolean {
  return !(error instanceof ImError) || error.code === 'DAEMON_UNREACHABLE'
}
