import type { Context } from '../context.ts'
import { exportRows } from '../output/export-rows.ts'

export function run(context: Context): Promise<number> {
  const page = (after: string | null) => context.call('account.export', { after })
  return exportRows(context, page, ({ type }) => type)
}
