import { readConfig, settingText } from '../../host/config.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

export async function run({ out, paths, words: [key = ''] }: Context): Promise<number> {
  const rows = (await readConfig(paths.configFile)).list()
  const row = rows.find((known) => known.key === key)
  if (row === undefined) {
    throw new ImError('USAGE', `there is no setting "${key}"`, {
      hint: `there are: ${rows.map((known) => known.key).join(', ')}`,
    })
  }
  await out.said({ v: 1, ...row }, { id: row.key, text: () => settingText(row.value) })
  return 0
}
