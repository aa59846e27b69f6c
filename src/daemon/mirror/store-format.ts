/** How a daemon's store of an older format becomes one of the newest: see `store/migrate.ts`. Entries are never changed. */
import type { Migration } from '../../store/migrate.ts'

export const DAEMON_MIGRATIONS: readonly Migration[] = []
