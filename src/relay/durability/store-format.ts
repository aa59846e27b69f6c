/** How a relay's store of an older format becomes one of the newest: see `store/migrate.ts`. Entries are never changed. */
import type { Migration } from '../../store/migrate.ts'

export const RELAY_MIGRATIONS: readonly Migration[] = []
