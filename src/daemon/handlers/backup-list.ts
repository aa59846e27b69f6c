import { type Handler, viewContext } from '../core.ts'
import { pageOfBackups, wantedBackups } from '../views/backup-pages.ts'
import { backupView } from '../views/backup-view.ts'

/** All at once, for those who want no more than fits into an answer: the backups to one friend. */
export const backupList: Handler<'backup.list'> = (core, filter, session) => {
  const context = viewContext(core, session)
  return wantedBackups(core, filter, session).map((shown) => backupView(shown, context))
}

export const backupIds: Handler<'backup.ids'> = (core, filter, session) => ({
  ids: wantedBackups(core, filter, session).map(({ record }) => record.id),
  stale: !core.follower.current,
})

export const backupPage: Handler<'backup.page'> = (core, { after, ...filter }, session) =>
  pageOfBackups(core, session, wantedBackups(core, filter, session), after)
