import { toRfc3339 } from '../../domain/instant.ts'
import { everyOf, isListening } from '../../domain/repeating.ts'
import { findBackup, viewOf } from '../backups.ts'
import { type Handler, requireAccount } from '../core.ts'

const SHOWN_AHEAD = 5

/** With the slots to come of a series, as this terminal counts them: also where the relay, who moves them, is away. */
export const backupShow: Handler<'backup.show'> = async (core, { id }, session) => {
  requireAccount(core)
  const { record } = findBackup(core, id)
  const view = viewOf(core, session, record.id)
  if (!isListening(record) || everyOf(record.plan) === null) return view
  const { nextInstants } = await import('../../domain/series.ts')
  return { ...view, next: nextInstants(record.plan, core.link.now(), SHOWN_AHEAD).map(toRfc3339) }
}
