import { ImError } from '../../protocol/errors.ts'
import type { WhenParams } from '../../protocol/local-params.ts'
import { actionOf, addBackup, hasWhen, whenOf } from '../add-backup.ts'
import type { Context } from '../context.ts'
import { askChoice, askText } from '../prompt.ts'
import { givenText } from '../text.ts'

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
  return addBackup(context, { to, text, when, ...(action ?? { action: 'remind' }) })
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
