/** The loop of a conversation: what happens goes through `step`, and what comes of it to the face or the daemon. */
import { randomBytes } from 'node:crypto'
import type { Context } from '../context.ts'
import { type Chat, type Effect, type Event, newChat, type ScreenEffect } from './model.ts'
import { step } from './on-event.ts'
import { Session } from './session.ts'

export interface ChatOptions {
  context: Context
  /** My own UIN. */
  me: string
  /** Whose conversation opens first; null: the main panel. */
  who: string | null
  backupId: string | null
}

/** What a conversation is seen and typed through. */
export interface Face {
  perform(effect: ScreenEffect): void
  /** After each event. */
  show(chat: Chat): void
  /** Resolves when the person leaves. */
  readonly left: Promise<void>
  close(): Promise<void>
}

export interface Hands {
  tell: (event: Event) => void
  chat: () => Chat
  size: { columns: number; rows: number }
}

/** Returns the conversation as it was left. Throws what keeps it from beginning, and INTERRUPTED after a signal. */
export async function converse(options: ChatOptions, open: (hands: Hands) => Face): Promise<Chat> {
  const { context, me, who, backupId } = options
  const size = sizeOf(process.stdout)
  let chat = newChat(me, size)
  let face: Face | null = null
  const waiting: Event[] = []
  let isBusy = false

  const perform = (effect: Effect): void => {
    if (isOfScreen(effect)) face?.perform(effect)
    else session.perform(effect)
  }
  /** An event that another one causes waits for its turn. */
  const tell = (event: Event): void => {
    waiting.push(event)
    if (isBusy) return
    isBusy = true
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [after, effects] = step(chat, next)
        chat = after
        for (const effect of effects) perform(effect)
      }
    } finally {
      isBusy = false
    }
    face?.show(chat)
  }
  const prefix = randomBytes(9).toString('base64url')
  const session = new Session({ context, tell, chat: () => chat, prefix })
  const interrupted = context.io.interrupted()
  await session.start()
  try {
    face = open({ tell, chat: () => chat, size })
    if (who === null) {
      tell({ on: 'key', key: { name: 'ctrl+p', text: '' } })
      await session.refresh()
    } else await session.open(who, backupId)
    await Promise.race([face.left, aborted(interrupted)])
  } finally {
    // The terminal may be gone already; what was written is to be kept all the same.
    await session.close()
    await face?.close()
  }
  interrupted.throwIfAborted()
  return chat
}

export function sizeOf(stdout: { columns?: number; rows?: number }): { columns: number; rows: number } {
  return { columns: Math.max(10, stdout.columns || 80), rows: Math.max(4, stdout.rows || 24) }
}

function isOfScreen(effect: Effect): effect is ScreenEffect {
  return effect.do === 'print' || effect.do === 'edit' || effect.do === 'suspend' || effect.do === 'leave'
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
