import type { RelayMethod } from '../../protocol/relay-api.ts'
import type { DeviceHandler, OpenHandler } from '../context.ts'
import { accountDelete } from './account-delete.ts'
import { backupEdit } from './backup-edit.ts'
import { backupFire } from './backup-fire.ts'
import { backupGet } from './backup-get.ts'
import { backupPut } from './backup-put.ts'
import { backupSend } from './backup-send.ts'
import { backupStep } from './backup-step.ts'
import { deviceList } from './device-list.ts'
import { deviceRevoke } from './device-revoke.ts'
import { friendAnswer } from './friend-answer.ts'
import { friendBlock } from './friend-block.ts'
import { friendHold } from './friend-hold.ts'
import { friendInvite } from './friend-invite.ts'
import { friendJoin } from './friend-join.ts'
import { friendRemove } from './friend-remove.ts'
import { friendRequest } from './friend-request.ts'
import { friendSet } from './friend-set.ts'
import { friendUnblock } from './friend-unblock.ts'
import { hello } from './hello.ts'
import { logFollow } from './log-follow.ts'
import { logHistory } from './log-history.ts'
import { logReport } from './log-report.ts'
import { logState } from './log-state.ts'
import { loginFinish } from './login-finish.ts'
import { loginProve } from './login-prove.ts'
import { loginStart } from './login-start.ts'
import { markPut } from './mark-put.ts'
import { messageSend } from './message-send.ts'
import { recordFinish } from './record-finish.ts'
import { recordStart } from './record-start.ts'
import { registerFinish } from './register-finish.ts'
import { registerStart } from './register-start.ts'
import { sessionActive } from './session-active.ts'
import { sessionLogout } from './session-logout.ts'
import { sessionOpen } from './session-open.ts'
import { settingPut } from './setting-put.ts'

type OpenMethod =
  | 'hello'
  | 'register.start'
  | 'register.finish'
  | 'login.start'
  | 'login.prove'
  | 'login.finish'
  | 'record.start'
  | 'record.finish'
  | 'account.delete'
  | 'session.open'

/** What anybody may call who has reached the relay. */
export const openHandlers: { readonly [M in OpenMethod]: OpenHandler<M> } = {
  hello,
  'register.start': registerStart,
  'register.finish': registerFinish,
  'login.start': loginStart,
  'login.prove': loginProve,
  'login.finish': loginFinish,
  'record.start': recordStart,
  'record.finish': recordFinish,
  'account.delete': accountDelete,
  'session.open': sessionOpen,
}

/** What a device that has proved itself may call. */
export const deviceHandlers: { readonly [M in Exclude<RelayMethod, OpenMethod>]: DeviceHandler<M> } = {
  'session.active': sessionActive,
  'session.logout': sessionLogout,
  'device.list': deviceList,
  'device.revoke': deviceRevoke,
  'log.follow': logFollow,
  'log.state': logState,
  'log.history': logHistory,
  'log.report': logReport,
  'mark.put': markPut,
  'setting.put': settingPut,
  'friend.invite': friendInvite,
  'friend.join': friendJoin,
  'friend.request': friendRequest,
  'friend.answer': friendAnswer,
  'friend.remove': friendRemove,
  'friend.block': friendBlock,
  'friend.unblock': friendUnblock,
  'friend.set': friendSet,
  'friend.hold': friendHold,
  'message.send': messageSend,
  'backup.put': backupPut,
  'backup.edit': backupEdit,
  'backup.send': backupSend,
  'backup.step': backupStep,
  'backup.fire': backupFire,
  'backup.get': backupGet,
}
