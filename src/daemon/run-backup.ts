import type { BackupRecord } from '../protocol/records.ts'
import { type Core, ownSession, viewContext } from './core.ts'
import { toImError } from './errors.ts'
import { randomId } from './ids.ts'
import { shownBackup } from './mirror/overlay.ts'
import { backupView } from './views/backup-view.ts'

/** The relay has recorded that it runs, so it runs once; how it ended is recorded too. */
export async function runBackup(core: Core, record: BackupRecord, occurrence: number): Promise<void> {
  const { host, outbox } = core
  const failure = await run(core, record)
  const params = { id: record.id, change: randomId(host.random), step: 'ran' as const, occurrence, failure }
  try {
    await outbox.change((_tx, queue) => queue({ method: 'backup.step', params }))
  } catch (error) {
    host.log.error('end of a command not noted', { code: toImError(error).code })
  }
}

/** Null, or the sentence that says how it failed. */
async function run(core: Core, record: BackupRecord): Promise<string | null> {
  const { run } = core.options.settings
  const command = core.texts.backupPrivate(record)?.command ?? null
  if (run === null) return 'This device does not run commands any more: run.enabled is false.'
  if (command === null || command.length === 0) return 'This device cannot read the command.'
  const shown = shownBackup(core.ledger.state, record.id)
  if (shown === null) return 'It is gone.'
  const failure = await run(command, `${JSON.stringify(backupView(shown, viewContext(core, ownSession())))}\n`)
  return failure === null ? null : failure.slice(0, 500)
}
