import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, words } = context
  const [id = '', n = '1'] = words
  if (!/^[1-9][0-9]{0,2}$/.test(n))
    throw new ImError('USAGE', `"${n}" is no number of slots`, { hint: 'im backup skip ID 2' })
  const backup = await call('backup.skip', { id, count: Number(n) })
  await out.said(backup, shownBackup(context, backup))
  return 0
}
