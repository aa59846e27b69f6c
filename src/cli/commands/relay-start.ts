import { relayDataDir } from '../../host/paths.ts'
import type { Context } from '../context.ts'

const DEFAULT_LISTEN = '127.0.0.1:7465'

/** Runs the relay in this process until SIGTERM or SIGINT. */
export async function run({ flags, io, out }: Context): Promise<number> {
  const { runRelay } = await import('../../relay/main.ts')
  return runRelay({
    dataDir: flags.data ?? relayDataDir({ env: io.env, platform: io.platform }),
    listen: flags.listen ?? DEFAULT_LISTEN,
    configFile: flags.relayConfig ?? null,
    debug: flags.debug ?? false,
    signal: io.interrupted(),
    onReady: ({ url, pid }) =>
      void out.said({ v: 1, url, pid }, { id: String(pid), text: () => `relay listening on ${url}` }),
  })
}
