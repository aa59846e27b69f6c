/** The program behind `login-work.ts`: takes the steps of one exchange, and ends when the daemon lets go of it. */
import { loadLoginClient } from '../../sealing/login-client.ts'
import { SealError } from '../../sealing/seal-error.ts'
import type { LoginAnswered, LoginAsked } from './login-work.ts'

const loading = loadLoginClient()

async function answer({ n, ...step }: LoginAsked): Promise<LoginAnswered> {
  try {
    const client = await loading
    const take = client[step.method] as (...given: LoginAsked['given']) => never
    return { n, ok: true, result: take(...step.given) }
  } catch (error) {
    return { n, ok: false, reason: error instanceof SealError ? error.reason : null }
  }
}

process.on('message', (asked: LoginAsked) => {
  void answer(asked).then((answered) => process.send?.(answered))
})
process.once('disconnect', () => process.exit(0))
