/** What the command line and the daemon of its profile say to each other, as types: what is asked, answered, told. */
import type { z } from 'zod'
import type { localParams } from './local-params.ts'
import type {
  AccountView,
  BackupView,
  ChatPeopleView,
  DaemonView,
  DashboardView,
  DeviceView,
  DraftView,
  ExportRow,
  FriendInviteView,
  FriendView,
  ImportView,
  MessageView,
  OpenedView,
  WatchEvent,
  WhenView,
} from './views.ts'

export type LocalMethod = keyof typeof localParams
export type LocalParams<M extends LocalMethod> = z.infer<(typeof localParams)[M]>
export type LocalHello = LocalParams<'hello'>

export interface LocalResults {
  hello: { version: string; profile: string }
  'account.register': AccountView
  'account.login': AccountView
  'account.logout': AccountView
  'account.whoami': AccountView
  'account.devices': DeviceView[]
  'account.recover': AccountView
  'account.revoke': DeviceView
  'account.password': AccountView
  'account.recovery': AccountView
  'account.nick': AccountView
  'account.export': { rows: ExportRow[]; next: string | null }
  /** The account as it was. */
  'account.delete': AccountView
  'status.set': AccountView
  'friend.add': FriendView
  'friend.invite': FriendInviteView
  'friend.requests': FriendView[]
  'friend.accept': FriendView
  'friend.decline': FriendView
  'friend.remove': FriendView
  'friend.block': FriendView
  'friend.unblock': FriendView
  'friend.list': FriendView[]
  'friend.show': FriendView
  'friend.verify': FriendView
  'friend.alias': FriendView
  'friend.hide': FriendView
  'friend.notify': FriendView
  'presence.who': FriendView[]
  'presence.of': FriendView[]
  'message.send': MessageView
  'message.read': MessageView
  'message.inbox': MessageView[]
  'message.history': MessageView[]
  'backup.add': BackupView
  'backup.list': BackupView[]
  'backup.page': { rows: BackupView[]; next: string | null }
  /** `stale`: as last heard from the relay. */
  'backup.ids': { ids: string[]; stale: boolean }
  'backup.show': BackupView
  'backup.edit': BackupView
  'backup.import': ImportView
  'backup.send': BackupView
  'backup.open': OpenedView
  'backup.cancel': BackupView[]
  'backup.undo': BackupView
  'backup.dismiss': BackupView
  'backup.snooze': BackupView
  'backup.pause': BackupView
  'backup.resume': BackupView
  'backup.skip': BackupView
  'quiet.set': AccountView
  'friend.quiet': FriendView
  when: WhenView
  'watch.start': { cursor: string | null }
  'wait.friend': FriendView | MessageView
  'wait.item': MessageView | BackupView
  'chat.attach': { v: 1 }
  'chat.active': { v: 1 }
  'chat.people': ChatPeopleView
  'draft.put': DraftView
  'draft.get': DraftView
  dashboard: DashboardView
  'daemon.status': DaemonView
  'daemon.stop': DaemonView
}

export interface LocalEvents {
  'watch.event': WatchEvent
  /** To the conversation window used last: show this conversation; with a backup, its text stands in the edit line. */
  'chat.focus': { uin: string; backupId: string | null }
  /** After `chat.people`, once: something it or a list of backups shows has changed. */
  'chat.changed': Record<string, never>
}
