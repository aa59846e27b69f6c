import type { Uin } from '../domain/uin.ts'
import type { LocalEvents } from '../protocol/local-api.ts'
import type { LocalSession } from './core.ts'

interface Window {
  session: LocalSession
  /** Whose conversation it shows; null: none, or nobody has pressed a key in it yet. */
  who: Uin | null
  /** When a key was last pressed in it; null: never. */
  activeAt: number | null
}

/** The conversation windows that run on this device: each lives as long as its connection. */
export class ChatWindows {
  /** The one used last stands last. */
  #windows: Window[] = []

  attach(session: LocalSession): void {
    if (session.signal.aborted || this.#windows.some((one) => one.session === session)) return
    this.#windows.push({ session, who: null, activeAt: null })
    session.signal.addEventListener('abort', () => this.#remove(session), { once: true })
  }

  /** A key was pressed in a window. One that has not been attached is attached by it. */
  active(session: LocalSession, who: Uin | null, now: number): void {
    this.attach(session)
    if (session.signal.aborted) return
    const others = this.#windows.filter((one) => one.session !== session)
    this.#windows = [...others, { session, who, activeAt: now }]
  }

  /** Brings a conversation to the window used last; false where none runs. */
  focus(conversation: LocalEvents['chat.focus']): boolean {
    const last = this.#windows.at(-1)
    last?.session.tell('chat.focus', conversation)
    return last !== undefined
  }

  /** Whether somebody has this conversation before their eyes: the window used last shows it, and was used since then. */
  isWatched(who: Uin, since: number): boolean {
    const last = this.#windows.at(-1)
    return last?.who === who && last.activeAt !== null && last.activeAt >= since
  }

  #remove(session: LocalSession): void {
    this.#windows = this.#windows.filter((one) => one.session !== session)
  }
}
