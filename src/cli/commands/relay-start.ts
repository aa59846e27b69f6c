import { relayDataDir } from '../../host/paths.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import type { Flags } from '../tree/flags.ts'

const DEFAULT_LISTEN = '127.0.0.1:7465'

/** Runs the relay in this process until SIGTERM or SIGINT; with a certificate SIGHUP reads it again. */
export async function run({ flags, io, out }: Context): Promise<number> {
  const tls = tlsOf(flags)
  const { runRelay } = await import('../../relay/main.ts')
  return runRelay({
    dataDir: flags.data ?? relayDataDir({ env: io.env, platform: io.platform }),
    listen: flags.listen ?? DEFAULT_LISTEN,
    tls,
    trustProxy: flags.trustProxy ?? [],
    publicUrl: flags.publicUrl ?? null,
    inviteOnly: flags.inviteOnly ?? false,
    newKey: flags.newKey ?? false,
    metrics: flags.metrics ?? null,
    configFile: flags.relayConfig ?? null,
    debug: flags.debug ?? false,
    signal: io.interrupted(),
    onReload: io.onHangup,
    onReady: ({ url, pid, pin, link, invites, metrics }) =>
      void out.said(
        { v: 1, url, pid, pin, link, metrics },
        {
          id: String(pid),
          text: () =>
            [
              `relay listening on ${url}`,
              ...(metrics === null ? [] : [`metrics on ${metrics}`]),
              ...(pin === null ? [] : [`its key: ${pin}`]),
              ...(invites ? [`the first account: im register ${link}`] : pin === null ? [] : [`link: ${link}`]),
            ].join('\n'),
        },
      ),
  })
}

function tlsOf({ tlsCert, tlsKey, selfSigned }: Flags): { cert: string; key: string } | 'self-signed' | null {
  if (selfSigned && (tlsCert !== undefined || tlsKey !== undefined)) {
    throw new ImError('USAGE', '--self-signed and --tls-cert exclude each other', { hint: 'take one of them' })
  }
  if (selfSigned) return 'self-signed'
  if (tlsCert === undefined && tlsKey === undefined) return null
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new ImError('USAGE', 'a certificate needs its key', { hint: '--tls-cert FILE --tls-key FILE' })
  }
  return { cert: tlsCert, key: tlsKey }
}
