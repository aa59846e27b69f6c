import type { QuietHours } from '../../domain/backup.ts'
import { type Instant, toRfc3339 } from '../../domain/instant.ts'
import { isLive } from '../../domain/life.ts'
import type { ChosenStatus } from '../../domain/presence.ts'
import type { Uin } from '../../domain/uin.ts'
import { ERRORS } from '../../protocol/errors.ts'
import type { FriendRecord } from '../../protocol/records.ts'
import type { AccountView, ErrorView, FriendView, MessageView, QuietView } from '../../protocol/views.ts'
import { friendPrivate, type Known, keyChanged } from '../mirror/friend-keys.ts'
import { friendSettings, shownRead, shownSetting, shownUnsorted } from '../mirror/overlay.ts'
import { cursorText, placeOf } from '../mirror/place.ts'
import type { PresenceBook } from '../mirror/presence-book.ts'
import type { MessageRow, OutboxItem } from '../mirror/rows.ts'
import type { State } from '../mirror/state.ts'
import type { Opened, Texts } from '../mirror/texts.ts'
import type { Clock } from './why-text.ts'

/** Everything views are made of. */
export interface ViewContext {
  state: Readonly<State>
  presence: PresenceBook
  texts: Texts
  now: Instant
  clock: Clock
  connected: boolean
  /** The log has been read to its head in this session. */
  current: boolean
}

export const orNull = (at: Instant | null): string | null => (at === null ? null : toRfc3339(at))

/** A minute of the day as a clock shows it. */
export function wallClock(minute: number): string {
  const pad = (n: number) => n.toString().padStart(2, '0')
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`
}

function quietView(hours: QuietHours | null): QuietView | null {
  return hours && { from: wallClock(hours.fromMinute), to: wallClock(hours.toMinute), zone: hours.zone }
}

/** The name the user knows somebody by. */
export function nameOf(known: Known, uin: Uin): string {
  const { state } = known
  if (uin === state.account?.uin) return 'you'
  const friend = state.friends.get(uin)
  if (friend === undefined) return uin
  return friendPrivate(known, friend).alias ?? friend.name ?? friend.nick ?? uin
}

const STATUS: Readonly<Record<ChosenStatus, 'online' | 'busy' | 'away' | 'invisible'>> = {
  auto: 'online',
  busy: 'busy',
  away: 'away',
  invisible: 'invisible',
}

export function accountView({ state, connected }: ViewContext, recoveryCode: string | null = null): AccountView {
  const { account } = state
  const setting = shownSetting(state)
  const live = shownUnsorted(state).filter((shown) => isLive(shown.record.state))
  return {
    v: 1,
    uin: account?.uin ?? null,
    nick: account === null ? null : (setting.nick ?? account.nick),
    relay: account?.relay ?? null,
    device: account?.deviceName ?? null,
    deviceId: account?.deviceId ?? null,
    status: account === null ? null : STATUS[setting.status],
    statusText: account === null ? null : setting.statusText,
    quiet: account === null ? null : quietView(setting.quiet),
    tokenStore: account?.tokenStore ?? null,
    connected,
    backups: live.length,
    recoveryCode,
    ...(account?.refused ? { warnings: [{ code: account.refused.code, message: account.refused.message }] } : {}),
  }
}

export function friendView(friend: FriendRecord, context: ViewContext, safetyNumber: string | null = null): FriendView {
  const { presence, state } = context
  const fact = friend.state === 'friend' ? presence.shown(friend.uin) : null
  const { alias, verified } = friendPrivate(context, friend)
  const { notify, hide, quiet } = friendSettings(state, friend)
  const changed = keyChanged(context, friend)
  return {
    v: 1,
    uin: friend.uin,
    nick: friend.nick ?? friend.name,
    alias,
    state: friend.state === 'removed' ? 'outgoing' : friend.state,
    presence: fact?.status ?? null,
    since: orNull(fact?.statusSince ?? null),
    statusText: fact?.statusText ?? null,
    notify,
    hide,
    quiet: quietView(quiet),
    verified: verified && !changed,
    keyChanged: changed,
    safetyNumber,
    stale: !presence.live,
    note: friend.note,
  }
}

/** What stands in place of a text that cannot be read. */
function unreadableView(opened: Opened, at: Instant): Pick<MessageView, 'text' | 'unreadable' | 'error'> {
  if ('text' in opened) return { text: opened.text, unreadable: false, error: null }
  const { code } = opened
  return { text: null, unreadable: true, error: errorView({ code, message: ERRORS[code].sentence }, at) }
}

export function messageView(row: MessageRow, { state, texts, current }: ViewContext): MessageView {
  const { message, key } = row
  const place = placeOf(row, state.cursor)
  const me = state.account?.uin
  const toMe = message.friend === me
  const marks = state.marks.get(message.friend)?.mark
  const mine = message.from === me
  const readTo = mine && !toMe ? (marks?.friendRead ?? 0) : shownRead(state, message.friend)
  const deliveredTo = mine && !toMe ? (marks?.friendDelivered ?? 0) : (marks?.delivered ?? 0)
  const read = readTo >= message.n
  return {
    v: 1,
    id: message.id,
    key,
    from: message.from,
    to: message.to,
    at: toRfc3339(message.at),
    ...unreadableView(texts.message(row), message.at),
    state: read ? 'read' : deliveredTo >= message.n || !mine ? 'delivered' : 'sent',
    read,
    backupId: message.backupId,
    cursor: place === null ? null : cursorText(place),
    stale: !current,
  }
}

export function queuedMessageView(item: OutboxItem, { state, texts, current }: ViewContext): MessageView | null {
  if (item.call.method !== 'message.send') return null
  const { id, to, content } = item.call.params
  const shown = unreadableView(texts.queued(id, to, content), item.at)
  return {
    v: 1,
    id,
    key: item.key,
    from: state.account?.uin ?? '',
    to,
    at: toRfc3339(item.at),
    ...shown,
    state: item.failed === null ? 'queued' : 'failed',
    read: false,
    backupId: null,
    error: item.failed === null ? shown.error : errorView(item.failed.error, item.failed.at),
    cursor: null,
    stale: !current,
  }
}

export function errorView(error: { code: string; message: string } | null, at: Instant): ErrorView | null {
  return error === null ? null : { code: error.code, message: error.message, at: toRfc3339(at) }
}
