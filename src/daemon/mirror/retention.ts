import type { Limits } from '../../protocol/limits.ts'
import type { BackupRow, OutboxItem } from './rows.ts'

/**
 * The backups that are over and may be forgotten: too many, or ended too long ago. The relay forgets them by the same
 * limits and says nothing of it.
 */
export function forgettable(rows: Iterable<BackupRow>, limits: Limits, now: number): string[] {
  const ended = [...rows]
    .flatMap(({ record }) => (record.endedAt === null ? [] : [{ id: record.id, at: record.endedAt }]))
    .sort((a, b) => b.at - a.at)
  return ended
    .filter(({ at }, index) => index >= limits.finishedBackups || now - at > limits.finishedForMs)
    .map(({ id }) => id)
}

/** Refused changes that stand here to be seen: as long, and as many, as backups that are over. */
export function forgettableItems(items: Iterable<OutboxItem>, limits: Limits, now: number): number[] {
  const refused = [...items]
    .flatMap(({ n, failed }) => (failed === null ? [] : [{ n, at: failed.at }]))
    .sort((a, b) => b.at - a.at || b.n - a.n)
  return refused
    .filter(({ at }, index) => index >= limits.finishedBackups || now - at > limits.finishedForMs)
    .map(({ n }) => n)
}
