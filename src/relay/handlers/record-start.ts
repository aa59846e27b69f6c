import type { OpenHandler } from '../context.ts'
import { requireProof } from '../login/proof.ts'

/** The relay's half of a new record; nothing is stored before `record.finish`. */
export const recordStart: OpenHandler<'record.start'> = async ({ kind, request }, relay, connection) => {
  const { uin } = requireProof(connection)
  const response = await relay.desk.run(connection, () => relay.login.answerRegistration({ uin, kind }, request))
  return { response }
}
