/**
 * What listening backups wait for that is no instant. Whoever brings it about finds out by name whether anybody waits,
 * without looking through the account's backups, of which there may be 20,000.
 */
import { isListening } from '../../domain/repeating.ts'
import type { Uin } from '../../domain/uin.ts'
import type { LiveBackup } from './live-backup.ts'

const PRESENCE = 'presence/'

export const topics = {
  presence: (who: Uin) => `${PRESENCE}${who}`,
  message: (from: Uin) => `message/${from}`,
  /** Null: to anybody. */
  send: (to: Uin | null) => `send/${to ?? ''}`,
  read: (by: Uin) => `read/${by}`,
} as const

/** Everybody whose presence bears on the backup, the owner included. */
export function presencesOf(owner: Uin, backup: LiveBackup): Uin[] {
  const others = backup.plan.trigger.conditions.flatMap((c) => (c.kind === 'presence' ? [c.who] : []))
  return backup.plan.window?.onlyIfIAm == null ? others : [owner, ...others]
}

/** Everybody whose messages bear on the backup. */
export function correspondentsOf(backup: LiveBackup): Uin[] {
  const named = backup.plan.trigger.conditions.flatMap((c) => (c.kind === 'message' ? [c.from] : []))
  return backup.plan.unless.reply === null ? named : [...named, backup.plan.to]
}

export function topicsOf(owner: Uin, backup: LiveBackup): string[] {
  if (!isListening(backup)) return []
  const conditions = backup.plan.trigger.conditions.flatMap((c) => {
    if (c.kind === 'my-send') return [topics.send(c.to)]
    return c.kind === 'read' ? [topics.read(c.who)] : []
  })
  return [
    ...presencesOf(owner, backup).map(topics.presence),
    ...correspondentsOf(backup).map(topics.message),
    ...conditions,
  ]
}

/** How many backups of one account wait for each topic. */
export class Waits {
  readonly #owner: Uin
  readonly #counts = new Map<string, number>()

  constructor(owner: Uin, backups: Iterable<LiveBackup>) {
    this.#owner = owner
    for (const backup of backups) this.#count(backup, 1)
  }

  has(topic: string): boolean {
    return this.#counts.has(topic)
  }

  /** Everybody whose presence they wait for. */
  presences(): Uin[] {
    const named = [...this.#counts.keys()].filter((topic) => topic.startsWith(PRESENCE))
    return named.map((topic) => topic.slice(PRESENCE.length) as Uin)
  }

  /** A backup was written over what it was before, or has gone. */
  replace(before: LiveBackup | undefined, after: LiveBackup | undefined): void {
    if (before !== undefined) this.#count(before, -1)
    if (after !== undefined) this.#count(after, 1)
  }

  #count(backup: LiveBackup, change: 1 | -1): void {
    for (const topic of topicsOf(this.#owner, backup)) {
      const count = (this.#counts.get(topic) ?? 0) + change
      if (count === 0) this.#counts.delete(topic)
      else this.#counts.set(topic, count)
    }
  }
}
