import { ImError } from '../../protocol/errors.ts'
import type { LocalParams } from '../../protocol/local-api.ts'
import type { ActionParams, WhenParams } from '../../protocol/local-params.ts'
import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'
import { instantWords } from '../describe/time.ts'
import { actionOf, hasWhen, policyOf, whenOf } from '../input/backup-flags.ts'
import { askChoice, askText } from '../input/prompt.ts'
import { givenText } from '../input/text.ts'

export async function run(context: Context): Promise<number> {
  const { flags, words } = context
  const [to = '', word] = words
  const action = actionOf(context)
  if (action?.action === 'send' && !flags.send)
    throw new ImError('USAGE', '--countdown is for what is sent', { hint: 'add --send' })
  const given = (await givenText(context, word)) ?? (action?.command?.join(' ') || null)
  const text = given ?? (await askText(context, `Text for ${to}`, 'TEXT, -m TEXT, -F FILE, - for stdin, or -e'))
  const asked = given === null && !hasWhen(flags)
  const when = asked ? await askWhen(context, to) : whenOf(flags)
  return addBackup(context, { to, text, textIsWord: text === word, when, ...(action ?? { action: 'remind' }) })
}

async function askWhen(context: Context, to: string): Promise<WhenParams> {
  const kind = await askChoice(context, 'When?', [
    { value: 'online', label: `when ${to} is online` },
    { value: 'time', label: 'at a time' },
    { value: 'manual', label: 'when I say so' },
  ])
  if (kind === 'online') return { whenOnline: true }
  return kind === 'manual' ? {} : { at: await askText(context, 'What time? (tomorrow 9am, fri 9:30, 2h)', '--at T') }
}

type Add = Pick<LocalParams<'backup.add'>, 'to' | 'text' | 'textIsWord' | 'when'> & ActionParams

/** What `backup add` does, and `send` with a when, and `remind`. */
export async function addBackup(context: Context, add: Add): Promise<number> {
  const { call, out, flags, io } = context
  const policy = policyOf(flags)
  const backup = await call('backup.add', {
    ...add,
    ...(policy !== null && { policy }),
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
