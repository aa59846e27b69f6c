import type { Context } from '../context.ts'

export async function run({ out, paths }: Context): Promise<number> {
  await out.said({ v: 1, value: paths.configFile }, { id: paths.configFile, text: () => paths.configFile })
  return 0
}
