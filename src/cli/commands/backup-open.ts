import { spawn } from 'node:child_process'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'

/** On a terminal the conversation is here; from elsewhere in a window that runs, or in a terminal started for it. */
export async function run(context: Context): Promise<number> {
  const { call, canAsk, close, io, out, words } = context
  const id = words[0] ?? ''
  if (canAsk && io.stdout.isTTY === true && out.reader !== 'json') {
    const { id: whole, to } = await call('backup.show', { id })
    close()
    return chatHere(context, ['chat', to, '--backup', whole ?? id])
  }
  const opened = await call('backup.open', { id })
  if (opened.opened === null) {
    throw new ImError('INPUT_NEEDED', 'no conversation window runs here and no terminal could be started', {
      hint: `in a terminal: ${opened.command}`,
    })
  }
  const text = async () => (opened.opened === 'chat' ? 'shown in the window that runs' : 'opened in a new terminal')
  await out.said(opened, { id: opened.opened, text })
  return 0
}

/** Its process has the terminal to itself, and its exit code is ours. */
function chatHere({ flags, io }: Context, args: readonly string[]): Promise<number> {
  const profile = flags.profile === undefined ? [] : ['--profile', flags.profile]
  const [program, script] = io.self
  return new Promise((resolve, reject) => {
    const child = spawn(program, [script, ...profile, ...args], { stdio: 'inherit', env: { ...io.env } })
    child.once('error', (cause) => reject(new ImError('INTERNAL', undefined, { cause })))
    child.once('exit', (code) => resolve(code ?? 130))
  })
}
