/** How a relay's store of an older format becomes one of the newest: see `store/migrate.ts`. Entries are never changed. */
import type { Migration } from '../../store/migrate.ts'

/**
 * From 1 to 2: a row of a conversation may tell of many messages, and none of the newest. Rows of format 1 say by
 * themselves what they are (see `loadLog`), so none is changed; only the format is, for programs that know no others.
 */
const rowsOfManyMessages: Migration = async () => ({ ops: [], next: null })

export const RELAY_MIGRATIONS: readonly Migration[] = [rowsOfManyMessages]
