import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { oneOf } from './one-of.ts'
import { askPassword } from './prompt.ts'
import { readStdin } from './text.ts'

/** One secret to be had of whoever calls. */
export interface Question {
  /** Asked on a terminal. */
  ask: string
  /** What is missing where it is not there. */
  name: string
  /** Chosen now: on a terminal it is asked for twice. */
  fresh?: boolean
}

/** The answers in order: lines of stdin (--password-stdin), or asked for one after another. */
export async function secretsOf<const Questions extends readonly Question[]>(
  context: Context,
  questions: Questions,
): Promise<{ [Q in keyof Questions]: string }> {
  const answers: string[] = []
  const lines = context.flags.passwordStdin ? (await readStdin(context.io.stdin)).split(/\r?\n/) : null
  for (const [index, question] of questions.entries()) {
    answers.push(lines === null ? await asked(context, question) : givenLine(lines, index, question))
  }
  return answers as never
}

function givenLine(lines: readonly string[], index: number, { name }: Question): string {
  const line = lines[index] ?? ''
  if (line !== '') return line
  const which = ['first', 'second'][index] ?? `${index + 1}th`
  throw new ImError('INPUT_NEEDED', `the ${which} line of stdin is empty: no ${name}`)
}

async function asked(context: Context, { ask, fresh }: Question): Promise<string> {
  const secret = await askPassword(context, ask)
  if (fresh && (await askPassword(context, 'The same again')) !== secret) {
    throw new ImError('USAGE', 'the two passwords differ', { hint: 'again; nothing was changed' })
  }
  return secret
}

/** The password of an account that is to be made, or of one that is there. */
export async function passwordOf(context: Context, kind: 'new' | 'known'): Promise<string> {
  const question =
    kind === 'new'
      ? { ask: 'A password for the new account', name: 'password', fresh: true }
      : { ask: 'Password', name: 'password' }
  const [password] = await secretsOf(context, [question])
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
