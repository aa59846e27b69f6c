import type { BackupRecord } from '../../protocol/records.ts'

/**
 * What stays in memory of a live backup: all that says when it fires, and for whom. The rest is on disk, texts and the past
 * of a series above all, and so is a backup that is over.
 */
export type LiveBackup = Readonly<
  Pick<
    BackupRecord,
    'id' | 'rev' | 'plan' | 'state' | 'heldReason' | 'occurrence' | 'armedAt' | 'armedSeq' | 'resumeAt' | 'final'
  >
>

export function liveBackup(record: BackupRecord): LiveBackup {
  const { id, rev, plan, state, heldReason, occurrence, armedAt, armedSeq, resumeAt, final } = record
  return { id, rev, plan, state, heldReason, occurrence, armedAt, armedSeq, resumeAt, final }
}
