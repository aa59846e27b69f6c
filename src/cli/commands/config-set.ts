import { setConfig } from '../../host/config.ts'
import { HostError } from '../../host/host-error.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

export async function run({ out, paths, words: [key = '', ...values] }: Context): Promise<number> {
  await setConfig(paths.configFile, key, ...values).catch((error: unknown) => {
    if (!(error instanceof HostError && error.reason === 'usage')) throw error
    throw new ImError('USAGE', error.message, { hint: 'im config list', cause: error })
  })
  const value = values.length === 1 ? values[0] : values
  const text = () => `${key} is ${values.join(' ')}; im daemon restart makes it count`
  await out.said({ v: 1, key, value }, { id: key, text })
  return 0
}
