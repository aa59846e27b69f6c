import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../host/host-error.ts'
import { relayDataDir } from '../../host/paths.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

/** Every fault of a relay's settings, each with its line; the relay need not run. */
export async function run({ flags, io, out }: Context): Promise<number> {
  const data = flags.data ?? relayDataDir({ env: io.env, platform: io.platform })
  const file = flags.relayConfig ?? join(data, 'relay.toml')
  const { checkRelayConfig } = await import('../../relay/main.ts')
  const text = await textOf(file, flags.relayConfig === undefined)
  const { config, problems } = checkRelayConfig(text ?? '')
  const found = problems.map(({ line, message }) => ({ line, message }))
  if (config !== null) {
    const said = text === null ? `there is no ${file}: the defaults count` : `${file} is fine`
    await out.said({ v: 1, path: file, ok: true, problems: found }, { id: file, text: () => said })
    return 0
  }
  const lines = problems.map(({ line, message }) => `${file}:${line ?? 1}: ${message}`)
  throw new ImError('BAD_FILE', lines.join('\n'), { hint: 'docs/operating.md has every key' })
}

/** Null: there is none. A relay without settings has the defaults. */
async function textOf(file: string, mayBeAbsent: boolean): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (mayBeAbsent && systemCode(cause) === 'ENOENT') return null
    throw new ImError('BAD_FILE', `${file} cannot be read`, { cause })
  }
}
