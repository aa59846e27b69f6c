import { resolve } from 'node:path'
import { counted } from '../../domain/counted.ts'
import { callRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'

export async function run(context: Context): Promise<number> {
  const [dir = ''] = context.words
  const taken = await callRelay(context, 'snapshot', { dir: resolve(dir) })
  await context.out.said(taken, {
    id: taken.dir,
    text: () =>
      [
        `${taken.dir}: ${counted(taken.accounts, 'account')}, ${counted(taken.rows, 'row')}, ${Math.ceil(taken.bytes / 2 ** 20)} MiB`,
        `not in it: ${taken.key}, without which nobody can log in again. Keep a copy of it elsewhere.`,
      ].join('\n'),
  })
  return 0
}
