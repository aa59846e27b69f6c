import { ImError } from '../../protocol/errors.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { OpenHandler } from '../context.ts'
import { befriendInvited } from '../friends/friendship.ts'
import { OPERATOR, spend } from '../friends/invites.ts'
import { newDevice } from '../login/new-device.ts'

/** Makes the account, whole, in one transaction; with a friend's invite the friendship too. */
export const registerFinish: OpenHandler<'register.finish'> = async (params, relay, connection) => {
  if (connection.offered !== params.uin) throw new ImError('USAGE', 'Ask for a UIN first.')
  if (!relay.login.isRecord(params.passwordRecord) || !relay.login.isRecord(params.recoveryRecord)) {
    throw new ImError('USAGE', 'That is no login record.')
  }
  const { invite } = connection
  connection.offered = null
  connection.invite = null
  const { device, token } = newDevice(relay.host, params.deviceName)
  const make = (account: AccountTx): void => {
    if (account.exists || account.gone) throw new ImError('USAGE', 'Ask for a UIN first.')
    const { passwordRecord, recoveryRecord, bundle } = params
    account.putLogin({ passwordRecord, recoveryRecord, bundle, createdAt: account.now, disabledAt: null })
    account.putSetting({ ...account.setting, nick: params.nick })
    account.putDevice(device)
  }
  if (invite === null) await relay.accounts.one(params.uin, make)
  else {
    await relay.accounts.two(params.uin, invite.giver, async (account, giver) => {
      await spend(giver, invite.hash)
      make(account)
      if (invite.giver !== OPERATOR) befriendInvited(account, giver, relay.config.limits.friends)
    })
    if (invite.giver !== OPERATOR) await relay.board.friendChanged(invite.giver, params.uin)
  }
  return { deviceId: device.id, token }
}
