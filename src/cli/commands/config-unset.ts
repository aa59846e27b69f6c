import { unsetConfig } from '../../host/config.ts'
import type { Context } from '../context.ts'

export async function run({ out, paths, words: [key = ''] }: Context): Promise<number> {
  await unsetConfig(paths.configFile, key)
  await out.said(
    { v: 1, key, value: null },
    { id: key, text: () => `${key} has its default; im daemon restart makes it count` },
  )
  return 0
}
