import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'
import { actionOf, hasWhen, policyOf, whenOf } from '../input/backup-flags.ts'
import { someOf } from '../input/one-of.ts'
import { checkedText, editedText, givenText } from '../input/text.ts'

const CLEARED = ['when', 'between', 'days', 'else', 'expires', 'unless', 'late', 'note'] as const

export async function run(context: Context): Promise<number> {
  const { call, flags, out, words } = context
  const [id = ''] = words
  const action = actionOf(context)
  const policy = policyOf(flags)
  const text = (await givenFor(context, id)) ?? (changesNothing(context) ? await editedFor(context, id) : undefined)
  const backup = await call('backup.edit', {
    id,
    ...(flags.ifRev !== undefined && { ifRev: flags.ifRev }),
    ...(text !== undefined && { text }),
    ...(hasWhen(flags) && { when: whenOf(flags) }),
    ...(policy !== null && { policy }),
    ...action,
    ...(flags.note !== undefined && { note: flags.note }),
    ...(flags.clear !== undefined && { clear: someOf('--clear', flags.clear, CLEARED) }),
  })
  await out.said(backup, shownBackup(context, backup))
  return 0
}

/** -e begins with the text as it stands. */
async function givenFor(context: Context, id: string): Promise<string | null> {
  if (!context.flags.editor) return givenText(context, undefined)
  const { text } = await context.call('backup.show', { id })
  return givenText(context, undefined, text ?? '')
}

function changesNothing(context: Context): boolean {
  const { flags } = context
  const planned = hasWhen(flags) || policyOf(flags) !== null || actionOf(context) !== undefined
  return !planned && flags.note === undefined && flags.clear === undefined
}

async function editedFor(context: Context, id: string): Promise<string> {
  if (!context.canAsk) {
    throw new ImError('INPUT_NEEDED', 'nothing to change is given', { hint: `im backup edit ${id} -m TEXT` })
  }
  const { text } = await context.call('backup.show', { id })
  return checkedText(await editedText(context, text ?? ''))
}
