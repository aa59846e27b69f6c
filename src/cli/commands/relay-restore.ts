import { join, resolve } from 'node:path'
import { counted } from '../../domain/counted.ts'
import { relayDataDir } from '../../host/paths.ts'
import type { Context } from '../context.ts'

export async function run({ flags, io, out, words }: Context): Promise<number> {
  const [dir = ''] = words
  const data = resolve(flags.data ?? relayDataDir({ env: io.env, platform: io.platform }))
  const keyFile = resolve(flags.relayKey ?? join(data, 'relay.key'))
  const { restoreRelay } = await import('../../relay/main.ts')
  const done = await restoreRelay({ snapshot: resolve(dir), keyFile, dataDir: data, now: io.clock.now() })
  await out.said(done, {
    id: done.data,
    text: () =>
      [
        `${done.data} is as it was at ${done.takenAt}: ${counted(done.accounts, 'account')}`,
        ...(done.aside === null ? [] : [`what was there before: ${done.aside}`]),
        done.held === 0
          ? 'no backup can have been sent since'
          : `${counted(done.held, 'backup')} held, since nobody knows whether they were sent; their owners are told`,
        `now: im relay start --data ${done.data}`,
      ].join('\n'),
  })
  return 0
}
