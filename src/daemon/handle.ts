import { ImError } from '../protocol/errors.ts'
import type { LocalMethod, LocalParams } from '../protocol/local-api.ts'
import { localParams } from '../protocol/local-params.ts'
import { withClockWarning } from './clock-warning.ts'
import type { Core, Handler, LocalSession } from './core.ts'
import { toImError } from './errors.ts'
import { HANDLERS } from './handlers/index.ts'

function isMethod(method: string): method is LocalMethod {
  return Object.hasOwn(localParams, method)
}

/** What a caller gave, in one word: of several ids one. */
function nameOf(path: readonly PropertyKey[]): string {
  const word = path.findLast((part) => typeof part === 'string') ?? ''
  return word === 'ids' ? 'id' : word
}

/** The first thing that is wrong with the parameters, in words. */
function checked<M extends LocalMethod>(method: M, params: unknown): LocalParams<M> {
  const parsed = localParams[method].safeParse(params ?? {})
  if (parsed.success) return parsed.data as LocalParams<M>
  const issue = parsed.error.issues[0]
  if (issue?.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) {
    throw new ImError('USAGE', `"${nameOf(issue.path)}" is empty`, { hint: 'in a script: is its variable set?' })
  }
  const where = issue?.path.join('.') ?? ''
  throw new ImError('USAGE', `${method}: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'not understood'}.`)
}

/** One local call: checked, carried out, its failure turned into one of the table. */
export async function handle(core: Core, method: string, params: unknown, session: LocalSession): Promise<unknown> {
  try {
    if (!isMethod(method)) throw new ImError('USAGE', `There is no call ${method}.`)
    if (method !== 'hello' && session.hello === null) throw new ImError('USAGE', 'Say hello first.')
    const handler = HANDLERS[method] as Handler<typeof method>
    const asked = checked(method, params) as never
    let answer: unknown
    try {
      answer = await handler(core, asked, session)
    } finally {
      // A refusal may tell of what others have made here, too.
      await core.ledger.kept()
    }
    return withClockWarning(answer, core.link.clockSkewMs)
  } catch (error) {
    const known = toImError(error)
    if (known.code === 'INTERNAL') core.host.log.error('call failed', { method, error: known.cause ?? known })
    throw known
  }
}
