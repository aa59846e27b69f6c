import { ImError } from '../../protocol/errors.ts'
import type { OpenHandler } from '../context.ts'
import { requireProof, stillProved } from '../login/proof.ts'

/** A new password or recovery code: record and wrap change together or not at all. Devices and their tokens stay. */
export const recordFinish: OpenHandler<'record.finish'> = async ({ kind, record, wrap }, relay, connection) => {
  const proved = requireProof(connection)
  if (!relay.login.isRecord(record)) throw new ImError('USAGE', 'That is no login record.')
  await relay.accounts.one(proved.uin, (account) => {
    const login = stillProved(account, proved)
    account.putLogin(
      kind === 'password'
        ? { ...login, passwordRecord: record, bundle: { ...login.bundle, wrap } }
        : { ...login, recoveryRecord: record, bundle: { ...login.bundle, recoveryWrap: wrap } },
    )
  })
  if (proved.kind === kind) connection.proved = { ...proved, record }
  return {}
}
