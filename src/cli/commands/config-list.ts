import { readConfig, settingText } from '../../host/config.ts'
import type { Context } from '../context.ts'

export async function run({ out, paths }: Context): Promise<number> {
  const config = await readConfig(paths.configFile)
  await out.list(
    config.list().map((row) => ({ v: 1 as const, ...row })),
    {
      id: ({ key }) => key,
      columns: () => [
        { head: 'KEY', cell: ({ key }) => key },
        { head: 'VALUE', cell: ({ value }) => settingText(value) },
        { head: 'FROM', cell: ({ source }) => source },
        { head: 'ABOUT', cell: ({ about }) => about },
      ],
      none: 'no settings',
    },
  )
  for (const key of config.unknown) out.talk(`im: note: ${paths.configFile} has a key that means nothing: ${key}`)
  return 0
}
