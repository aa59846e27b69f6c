import { ImError } from '../protocol/errors.ts'
import type { Context } from './context.ts'
import { oneOf } from './one-of.ts'
import { askPassword } from './prompt.ts'
import { readStdin } from './text.ts'

/** The password, from the first line of stdin (--password-stdin) or asked for; a new one is asked for twice. */
export async function passwordOf(context: Context, kind: 'new' | 'known'): Promise<string> {
  if (context.flags.passwordStdin) {
    const [line = ''] = (await readStdin(context.io.stdin)).split(/\r?\n/)
    if (line === '') throw new ImError('INPUT_NEEDED', 'the first line of stdin is empty: no password')
    return line
  }
  const password = await askPassword(context, kind === 'new' ? 'A password for the new account' : 'Password')
  if (kind === 'new' && (await askPassword(context, 'The same again')) !== password) {
    throw new ImError('USAGE', 'the two passwords differ', { hint: 'im register' })
  }
  return password
}

/** What register and login have in common. */
export function accountParams({ flags, io }: Context): { relay?: string; tokenStore?: 'keychain' | 'file' } {
  const relay = flags.relay ?? (io.env.IM_RELAY || undefined)
  return {
    ...(relay !== undefined && { relay }),
    ...(flags.tokenStore !== undefined && {
      tokenStore: oneOf('--token-store', flags.tokenStore, ['keychain', 'file']),
    }),
  }
}
