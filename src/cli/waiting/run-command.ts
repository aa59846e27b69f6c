/** `watch -- CMD`: one run of the command for one event. No shell; the event is environment and stdin. */
import { spawn } from 'node:child_process'
import type { WatchEvent } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import type { Names } from '../describe/names.ts'
import { jsonLine } from '../output/json.ts'

const MOST_VALUE_BYTES = 32 * 1024

/** Resolves when the command has ended. Its failure is told, and is no failure of watching. */
export async function runCommand({ command, io, out }: Context, event: WatchEvent, names: Names): Promise<void> {
  const [program = '', ...args] = command
  const problem = await new Promise<string | null>((resolve) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...io.env, ...NOT_INHERITED, ...eventEnv(event, names) },
    })
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code === 0 ? null : `exit ${code ?? signal}`))
    // A command that does not read its input is as good as one that does.
    child.stdin.on('error', () => {})
    child.stdin.end(jsonLine(event))
  })
  if (problem !== null) out.talk(`im: ${program}: ${problem}`)
}

/** A command that watches may itself have been started by a watch. */
const NOT_INHERITED = {
  ...{ IM_TYPE: undefined, IM_FROM: undefined, IM_NICK: undefined, IM_TEXT: undefined },
  ...{ IM_BACKUP_ID: undefined, IM_TRUNCATED: undefined },
}

/** What is too long for an environment, or cannot stand in one, is left out and IM_TRUNCATED says so. */
export function eventEnv({ type, message, friend, backup }: WatchEvent, names: Names): Record<string, string> {
  const from = message?.from ?? friend?.uin ?? backup?.to
  const known = from === undefined || names(from) === from ? undefined : names(from)
  const values: [string, string | null | undefined][] = [
    ['IM_TYPE', type],
    ['IM_FROM', from],
    ['IM_NICK', known ?? friend?.nick],
    ['IM_TEXT', message?.text ?? backup?.text],
    ['IM_BACKUP_ID', backup?.id ?? message?.backupId],
  ]
  const env: Record<string, string> = {}
  for (const [name, value] of values) {
    if (value === null || value === undefined) continue
    if (value.includes('\0') || Buffer.byteLength(value) > MOST_VALUE_BYTES) env.IM_TRUNCATED = '1'
    else env[name] = value
  }
  return env
}
