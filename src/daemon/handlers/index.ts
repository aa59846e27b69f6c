import type { LocalMethod } from '../../protocol/local-api.ts'
import type { Handler } from '../core.ts'
import { accountDelete } from './account-delete.ts'
import { accountDevices } from './account-devices.ts'
import { accountExport } from './account-export.ts'
import { accountLogin } from './account-login.ts'
import { accountLogout } from './account-logout.ts'
import { accountNick } from './account-nick.ts'
import { accountPassword } from './account-password.ts'
import { accountRecover } from './account-recover.ts'
import { accountRecovery } from './account-recovery.ts'
import { accountRegister } from './account-register.ts'
import { accountRevoke } from './account-revoke.ts'
import { accountWhoami } from './account-whoami.ts'
import { backupAdd } from './backup-add.ts'
import { backupCancel } from './backup-cancel.ts'
import { backupDismiss } from './backup-dismiss.ts'
import { backupEdit } from './backup-edit.ts'
import { backupImport } from './backup-import.ts'
import { backupIds, backupList, backupPage } from './backup-list.ts'
import { backupOpen } from './backup-open.ts'
import { backupSend } from './backup-send.ts'
import { backupShow } from './backup-show.ts'
import { backupPause, backupResume, backupSkip, backupSnooze } from './backup-step.ts'
import { backupUndo } from './backup-undo.ts'
import { chatActive, chatAttach } from './chat.ts'
import { chatPeople } from './chat-people.ts'
import { daemonStatus } from './daemon-status.ts'
import { daemonStop } from './daemon-stop.ts'
import { dashboard } from './dashboard.ts'
import { draftGet, draftPut } from './draft.ts'
import { friendAccept } from './friend-accept.ts'
import { friendAdd } from './friend-add.ts'
import { friendAlias } from './friend-alias.ts'
import { friendBlock } from './friend-block.ts'
import { friendDecline } from './friend-decline.ts'
import { friendHide } from './friend-hide.ts'
import { friendInvite } from './friend-invite.ts'
import { friendList } from './friend-list.ts'
import { friendNotify } from './friend-notify.ts'
import { friendRemove } from './friend-remove.ts'
import { friendRequests } from './friend-requests.ts'
import { friendShow } from './friend-show.ts'
import { friendUnblock } from './friend-unblock.ts'
import { friendVerify } from './friend-verify.ts'
import { hello } from './hello.ts'
import { messageHistory } from './message-history.ts'
import { messageInbox } from './message-inbox.ts'
import { messageRead } from './message-read.ts'
import { messageSend } from './message-send.ts'
import { presenceOf } from './presence-of.ts'
import { presenceWho } from './presence-who.ts'
import { friendQuiet, quietSet } from './quiet.ts'
import { statusSet } from './status-set.ts'
import { waitFriend } from './wait-friend.ts'
import { waitItem } from './wait-item.ts'
import { watchStart } from './watch-start.ts'
import { when } from './when.ts'

/** One handler for each local call: a missing one does not compile, and a key cannot stand here twice. */
export const HANDLERS: { readonly [M in LocalMethod]: Handler<M> } = {
  hello,
  'account.register': accountRegister,
  'account.login': accountLogin,
  'account.logout': accountLogout,
  'account.whoami': accountWhoami,
  'account.devices': accountDevices,
  'account.recover': accountRecover,
  'account.revoke': accountRevoke,
  'account.password': accountPassword,
  'account.recovery': accountRecovery,
  'account.nick': accountNick,
  'account.export': accountExport,
  'account.delete': accountDelete,
  'status.set': statusSet,
  'friend.add': friendAdd,
  'friend.invite': friendInvite,
  'friend.requests': friendRequests,
  'friend.accept': friendAccept,
  'friend.decline': friendDecline,
  'friend.remove': friendRemove,
  'friend.block': friendBlock,
  'friend.unblock': friendUnblock,
  'friend.list': friendList,
  'friend.show': friendShow,
  'friend.verify': friendVerify,
  'friend.alias': friendAlias,
  'friend.hide': friendHide,
  'friend.notify': friendNotify,
  'presence.who': presenceWho,
  'presence.of': presenceOf,
  'message.send': messageSend,
  'message.read': messageRead,
  'message.inbox': messageInbox,
  'message.history': messageHistory,
  'backup.add': backupAdd,
  'backup.list': backupList,
  'backup.page': backupPage,
  'backup.ids': backupIds,
  'backup.show': backupShow,
  'backup.edit': backupEdit,
  'backup.import': backupImport,
  'backup.send': backupSend,
  'backup.open': backupOpen,
  'backup.cancel': backupCancel,
  'backup.undo': backupUndo,
  'backup.dismiss': backupDismiss,
  'backup.snooze': backupSnooze,
  'backup.pause': backupPause,
  'backup.resume': backupResume,
  'backup.skip': backupSkip,
  'quiet.set': quietSet,
  'friend.quiet': friendQuiet,
  when,
  'watch.start': watchStart,
  'wait.friend': waitFriend,
  'wait.item': waitItem,
  'chat.attach': chatAttach,
  'chat.active': chatActive,
  'chat.people': chatPeople,
  'draft.put': draftPut,
  'draft.get': draftGet,
  dashboard,
  'daemon.status': daemonStatus,
  'daemon.stop': daemonStop,
}
