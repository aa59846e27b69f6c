import type { Context } from '../context.ts'
import { exportRows } from '../output/export-rows.ts'

export function run(context: Context): Promise<number> {
  const page = (after: string | null) => context.call('backup.page', { due: false, all: false, after })
  return exportRows(context, page, ({ id }) => id)
}
