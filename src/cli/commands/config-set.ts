import { setConfig } from '../../host/config.ts'
import type { Context } from '../context.ts'

export async function run({ out, paths, words: [key = '', value = ''] }: Context): Promise<number> {
  await setConfig(paths.configFile, key, value)
  await out.said({ v: 1, key, value }, { id: key, text: () => `${key} is ${value}; im daemon restart makes it count` })
  return 0
}
