/** Lists of backups, in the order they were made. */
import { isLive } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { LocalParams } from '../../protocol/local-api.ts'
import type { BackupView } from '../../protocol/views.ts'
import { type Core, type LocalSession, requireAccount, viewContext, whoOf } from '../core.ts'
import { type ShownBackup, shownBackups } from '../mirror/overlay.ts'
import { backupView } from './backup-view.ts'

/**
 * In a page is so much text, each row counted as a little of it: ten thousand short ones are one answer, while an
 * account's longest texts are more than one can hold. Each page looks at all there is.
 */
const PAGE_CHARS = 8 * 2 ** 20
const ROW_CHARS = 512

/** Those that are asked for; by default those that can still be sent. */
export function wantedBackups(
  core: Core,
  { to, states, due, all }: LocalParams<'backup.list'>,
  session: LocalSession,
): ShownBackup[] {
  requireAccount(core)
  const recipient = to === undefined ? null : whoOf(core, session)(to)
  const wanted = states === undefined ? null : new Set(states)
  return shownBackups(core.ledger.state)
    .filter(({ record }) => recipient === null || record.plan.to === recipient)
    .filter(({ record }) => (due ? record.state === 'due' : true))
    .filter(({ record }) => (wanted === null ? all || isLive(record.state) : wanted.has(record.state)))
}

/** `after` and `next`: the place of the last row of a page. It stays what it is whatever becomes of that row meanwhile. */
export function pageOfBackups(
  core: Core,
  session: LocalSession,
  wanted: readonly ShownBackup[],
  after: string | null,
): { rows: BackupView[]; next: string | null } {
  const context = viewContext(core, session)
  const ahead = after === null ? wanted : wanted.filter(isBehind(after))
  const rows: BackupView[] = []
  let chars = 0
  for (const shown of ahead) {
    const view = backupView(shown, context)
    rows.push(view)
    chars += ROW_CHARS + (view.text?.length ?? 0)
    if (chars >= PAGE_CHARS) return { rows, next: placeOf(shown) }
  }
  return { rows, next: null }
}

function placeOf({ record }: ShownBackup): string {
  return `${record.createdAt}.${record.id}`
}

function isBehind(place: string): (shown: ShownBackup) => boolean {
  const [, at, id] = /^(\d{1,15})\.([\w-]+)$/.exec(place) ?? []
  if (at === undefined || id === undefined) throw new ImError('USAGE', 'That is no place to go on from.')
  const createdAt = Number(at)
  return ({ record }) => record.createdAt > createdAt || (record.createdAt === createdAt && record.id > id)
}
