/**
 * After a loss nobody can say what was sent meanwhile. Whatever may have gone by itself is held, told to its owner and
 * goes on when the owner says so: sent twice is worse than sent late.
 */
import { isListening } from '../../domain/repeating.ts'
import type { BackupRecord } from '../../protocol/records.ts'
import type { LiveBackup } from '../accounts/live-backup.ts'
import { moveTo } from '../firing/backup-change.ts'

/** Whether its moment may have come by `now` without anybody here knowing. A time that lies ahead cannot have. */
export function mayHaveFired(record: LiveBackup, now: number): boolean {
  const { plan } = record
  if (plan.action.kind === 'remind') return false
  if (record.state === 'held') {
    return record.heldReason === 'PAUSED' && record.resumeAt !== null && record.resumeAt <= now
  }
  if (!isListening(record)) return false
  if (record.resumeAt !== null) return record.resumeAt <= now
  const { conditions, match } = plan.trigger
  if (conditions.length === 0) return false
  const elseAt = plan.window?.elseAt ?? null
  if (elseAt !== null && elseAt <= now) return true
  const ahead = (at: number) => at > now
  const times = conditions.flatMap((c) => (c.kind === 'time' ? [c.at] : c.kind === 'every' ? [c.slot] : []))
  return match === 'all' ? !times.some(ahead) : times.length < conditions.length || !times.every(ahead)
}

/** Held if it may have gone; else itself. */
export function heldIfUnsure(record: BackupRecord, now: number): BackupRecord {
  return mayHaveFired(record, now) ? moveTo(record, 'held', { heldReason: 'RESTORED', dueAt: null }) : record
}
