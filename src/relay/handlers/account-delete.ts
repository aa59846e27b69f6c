import { ImError } from '../../protocol/errors.ts'
import type { OpenHandler } from '../context.ts'
import { bury, finishDeletion } from '../login/deletion.ts'
import { requireProof, stillProved } from '../login/proof.ts'

/** From the first step on nobody can log in to it; answered when nothing of it is left but its tombstone. */
export const accountDelete: OpenHandler<'account.delete'> = async (_params, relay, connection) => {
  const proved = requireProof(connection)
  if (proved.kind !== 'password') throw new ImError('USAGE', 'Deleting an account asks for its password.')
  connection.proved = null
  await bury(relay, proved.uin, (account) => stillProved(account, proved))
  await finishDeletion(relay, proved.uin)
  return {}
}
