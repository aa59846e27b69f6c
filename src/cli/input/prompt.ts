/** Questions to the person at the terminal, asked on stderr. The library is loaded only when something is asked. */
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

export interface Choice<Value extends string> {
  value: Value
  label: string
}

/** @throws ImError INPUT_NEEDED where nobody can be asked. */
function mustAsk({ canAsk }: Context, what: string, hint: string): void {
  if (!canAsk) throw new ImError('INPUT_NEEDED', `${what} is missing and there is nobody to ask`, { hint })
}

/** Ctrl-C in a question. */
function answered(answer: string | symbol): string {
  if (typeof answer === 'symbol') throw new ImError('INTERRUPTED')
  return answer
}

export async function askPassword(context: Context, message: string): Promise<string> {
  mustAsk(context, 'the password', 'give it on stdin: --password-stdin')
  const { password } = await import('@clack/prompts')
  const validate = (value: string | undefined): string | undefined => (value ? undefined : 'It cannot be empty.')
  return answered(await password({ message, validate, output: process.stderr }))
}

export async function askText(context: Context, message: string, hint: string): Promise<string> {
  mustAsk(context, 'the text', hint)
  const { text } = await import('@clack/prompts')
  const validate = (value: string | undefined): string | undefined =>
    value?.trim() ? undefined : 'It cannot be empty.'
  return answered(await text({ message, validate, output: process.stderr }))
}

/** -y answers for the person; no is what Enter alone means. */
export async function askYes(context: Context, message: string, hint: string): Promise<boolean> {
  if (context.flags.yes) return true
  mustAsk(context, 'a yes', hint)
  const { confirm } = await import('@clack/prompts')
  const answer = await confirm({ message, initialValue: false, output: process.stderr })
  if (typeof answer === 'symbol') throw new ImError('INTERRUPTED')
  return answer
}

export async function askChoice<Value extends string>(
  context: Context,
  message: string,
  choices: readonly [Choice<Value>, ...Choice<Value>[]],
): Promise<Value> {
  mustAsk(context, message, 'say it with a flag')
  const { select } = await import('@clack/prompts')
  const options = choices.map(({ value, label }) => ({ value: value as string, label }))
  const chosen = answered(await select({ message, options, output: process.stderr }))
  return choices.find(({ value }) => value === chosen)?.value ?? choices[0].value
}
