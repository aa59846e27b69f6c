/** What `backup add`, `send` with a when, and `remind` do. */
import { ImError } from '../protocol/errors.ts'
import type { LocalParams, WhenParams } from '../protocol/local-api.ts'
import type { Context } from './context.ts'
import { shownBackup } from './describe/backup.ts'
import { instantWords } from './describe/time.ts'
import type { Flags } from './flags.ts'
import { WHEN_FLAGS } from './tree/backup.ts'

/** The when flags of this command line, as the daemon takes them. */
export function whenOf(flags: Flags): WhenParams {
  return {
    ...(flags.at !== undefined && { at: flags.at }),
    ...(flags.in !== undefined && { in: flags.in }),
    ...(flags.whenOnline && { whenOnline: true }),
    ...(flags.nextSignon && { nextSignon: true }),
    ...(flags.whenMessageFrom !== undefined && { whenMessageFrom: flags.whenMessageFrom }),
    ...(flags.matching !== undefined && { matching: flags.matching }),
    ...(flags.any && { any: true }),
    ...(flags.tz !== undefined && { tz: flags.tz }),
  }
}

export function hasWhen(flags: Flags): boolean {
  return WHEN_FLAGS.some((flag) => flags[flag] !== undefined)
}

export function actionOf(flags: Flags): 'remind' | 'send' | undefined {
  if (flags.remind && flags.send) throw new ImError('USAGE', '--remind and --send exclude each other')
  if (flags.send) return 'send'
  return flags.remind ? 'remind' : undefined
}

type Add = Pick<LocalParams<'backup.add'>, 'to' | 'text' | 'when' | 'action'>

export async function addBackup(context: Context, add: Add): Promise<number> {
  const { call, out, flags, io } = context
  const backup = await call('backup.add', {
    ...add,
    ...(flags.note !== undefined && { note: flags.note }),
    ...(flags.key !== undefined && { key: flags.key }),
    dryRun: flags.dryRun ?? false,
  })
  const shown = shownBackup(context, backup)
  if (backup.id === null) await out.said(backup, shown)
  else await out.made(backup, shown)
  for (const next of backup.next ?? []) out.talk(`next: ${instantWords(Date.parse(next), io.clock.now())}`)
  return 0
}
