import { uinDigits } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, io, out, words } = context
  if (out.reader === 'json' || out.reader === 'ids') {
    throw new ImError('USAGE', 'chat is for people', { hint: 'im watch --json, im history WHO --json, im send' })
  }
  if (!context.canAsk || io.stdout.isTTY !== true) {
    throw new ImError('INPUT_NEEDED', 'there is no terminal to chat on', { hint: 'im send WHO TEXT, im history WHO' })
  }
  const me = await call('account.whoami', {})
  if (me.uin === null) throw new ImError('NOT_LOGGED_IN', undefined, { hint: 'im login UIN, or im register' })
  const backup = flags.backup === undefined ? null : await call('backup.show', { id: flags.backup })
  const [typed] = words
  const who = typed === undefined ? (backup?.to ?? null) : await uinOf(context, typed, me.uin)
  if (backup !== null && backup.to !== who) {
    throw new ImError('USAGE', `that backup is for somebody else than ${typed}`, {
      hint: `im chat --backup ${flags.backup}`,
    })
  }
  const options = { context, me: me.uin, who, backupId: backup?.id ?? null }
  const { runPlain, runWindow } = await import('../chat/main.ts')
  return (await isPlain(context)) ? runPlain(options) : runWindow(options)
}

/** The names of a person at a terminal, prefixes included; `me` is always there. */
async function uinOf({ call }: Context, typed: string, me: string): Promise<string> {
  if (typed.toLowerCase() === 'me' || uinDigits(typed) === me) return me
  return (await call('friend.show', { who: typed })).uin
}

/** Line by line where it was asked for, and where nothing can be drawn. */
async function isPlain({ flags, io, paths }: Context): Promise<boolean> {
  if (flags.plain || io.env.TERM === 'dumb' || io.env.INK_SCREEN_READER === 'true') return true
  const { readConfig } = await import('../../host/config.ts')
  return (await readConfig(paths.configFile)).get('chat.plain')
}
