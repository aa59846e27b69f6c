import { ImError } from '../../protocol/errors.ts'
import { isDeviceToken, parseDeviceToken } from '../../sealing/device-token.ts'
import { keys, type StoredDevice } from '../accounts/account-state.ts'
import { Session } from '../connections/session.ts'
import type { OpenHandler } from '../context.ts'
import { refuseDisabled } from '../login/proof.ts'

/** Proves the device; from here on this connection is its session. */
export const sessionOpen: OpenHandler<'session.open'> = async ({ uin, token, person }, relay, connection) => {
  if (connection.session !== null) throw new ImError('USAGE', 'This connection has a session already.')
  const parsed = parseDeviceToken(token)
  if (parsed === null) throw new ImError('TOKEN_REFUSED')
  const refused = new ImError('TOKEN_REFUSED', 'The relay no longer accepts this device.', { hint: `im login ${uin}` })
  const accepts = (device: StoredDevice | undefined) =>
    device !== undefined && device.revokedAt === null && isDeviceToken(parsed.token, device.tokenHash)
  const { accounts, sessions, board } = relay
  // Before it has proved itself a caller costs one row, not a whole account.
  if (!accepts((await accounts.row(uin, keys.device(parsed.deviceId))) as StoredDevice | undefined)) throw refused
  const { epoch, head, setting } = await accounts.read(uin, (view) => {
    if (view.gone || !accepts(view.device(parsed.deviceId))) throw refused
    if (view.login !== null) refuseDisabled(view.login)
    return { epoch: view.epoch, head: view.head, setting: view.setting }
  })
  // Meanwhile the caller may have gone, or opened another.
  if (connection.ended || connection.session !== null) throw new ImError('USAGE', 'This connection is taken.')
  const session = new Session(connection.peer, accounts, uin, parsed.deviceId)
  connection.session = session
  sessions.add(session)?.close(new ImError('TOKEN_REFUSED', 'This device has connected again elsewhere.').toData())
  await board.connected(uin, session.deviceId, person)
  session.tell('presence.snapshot', await board.snapshot(uin))
  return { uin, deviceId: session.deviceId, epoch, head, setting }
}
