import type { BackupState } from './backup.ts'

/**
 * What may follow what. A repeating backup goes from armed to armed in the firing transaction; one whose reminder is
 * due meanwhile listens on, so due may follow due, and be missed or failed at a later slot.
 */
const STEPS: Readonly<Record<BackupState, readonly BackupState[]>> = {
  armed: ['armed', 'held', 'due', 'sent', 'cancelled', 'missed', 'expired', 'failed'],
  held: ['armed', 'held', 'sent', 'cancelled', 'expired'],
  due: ['armed', 'held', 'due', 'sent', 'dismissed', 'cancelled', 'missed', 'expired', 'failed'],
  dismissed: ['armed', 'held'],
  cancelled: ['armed', 'held'],
  missed: ['armed'],
  expired: ['armed'],
  failed: ['armed'],
  sent: [],
}

const LIVE: ReadonlySet<BackupState> = new Set(['armed', 'held', 'due'])

/** Live backups can still be sent; they count against the limits and are listed by default. */
export function isLive(state: BackupState): boolean {
  return LIVE.has(state)
}

export function mayFollow(from: BackupState, to: BackupState): boolean {
  return STEPS[from].includes(to)
}

/** Throws with both names when the step is illegal: a bug, never a user's mistake. */
export function assertStep(from: BackupState, to: BackupState): void {
  if (!mayFollow(from, to)) throw new Error(`a backup cannot go from ${from} to ${to}`)
}

/** How long cancelled and dismissed backups can be brought back. */
export const UNDO_FOR_MS = 24 * 3_600_000

/** How far a backup has come, by its owner's edits, its occurrences and its state. */
export interface Standing {
  rev: number
  occurrence: number
  state: BackupState
}

/** What may follow what within one occurrence: from held back to armed leads another occurrence or revision only. */
const RANK: Readonly<Record<BackupState, number>> = {
  armed: 0,
  due: 1,
  held: 2,
  dismissed: 3,
  cancelled: 3,
  sent: 3,
  missed: 3,
  expired: 3,
  failed: 3,
}

/** Of two records of one backup, whether the first is from before the second. */
export function isOlder(one: Standing, other: Standing): boolean {
  if (one.rev !== other.rev) return one.rev < other.rev
  if (one.occurrence !== other.occurrence) return one.occurrence < other.occurrence
  return RANK[one.state] < RANK[other.state]
}
