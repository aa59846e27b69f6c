/** The steps of a friendship, on both accounts at once. A side that may not notice is not written. */
import type { Instant } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { FriendRecord, FriendState } from '../../protocol/records.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import { holdWhatWaitsFor } from './friendship-end.ts'
import { inviteRefused } from './invites.ts'

function blank(uin: Uin, now: number): FriendRecord {
  return {
    uin,
    name: null,
    nick: null,
    state: 'removed',
    note: null,
    since: now,
    notify: 'on',
    hide: false,
    quiet: null,
    loopCapAt: null,
    keys: null,
    private: null,
  }
}

function stateOf(account: AccountTx, uin: Uin): FriendState {
  return account.friend(uin)?.state ?? 'removed'
}

function put(account: AccountTx, uin: Uin, change: Partial<FriendRecord>): FriendRecord {
  const next = { ...(account.friend(uin) ?? blank(uin, account.now)), since: account.now, ...change }
  account.putFriend(next)
  return next
}

/** Both become friends; each learns the other's nick and keys now, and keeps the nick as local name. */
function befriend(me: AccountTx, other: AccountTx): FriendRecord {
  const of = (account: AccountTx): Partial<FriendRecord> => ({
    state: 'friend',
    name: account.setting.nick,
    nick: account.setting.nick,
    keys: account.login?.bundle.keys ?? null,
    note: null,
  })
  put(other, me.uin, of(me))
  return put(me, other.uin, of(other))
}

function checkRoom(me: AccountTx, limit: number): void {
  const taken = me.friends().filter((friend) => friend.state === 'friend' || friend.state === 'outgoing').length
  if (taken >= limit) throw new ImError('LIMIT', `An account may have ${limit} friends.`)
}

/** Asks. Whether the other account exists, or has blocked me, cannot be told from the answer. */
export function request(me: AccountTx, other: AccountTx, note: string | null, limit: number): FriendRecord {
  const mine = me.friend(other.uin)
  switch (mine?.state) {
    case 'friend':
      return mine
    case 'blocked':
      throw new ImError('BLOCKED_BY_ME', 'You have blocked them.', { hint: `im friend unblock ${other.uin}` })
    case 'incoming':
      return answer(me, other, true, limit)
    case 'outgoing':
      return mine
    case 'removed':
    case undefined:
      break
  }
  checkRoom(me, limit)
  const theirs = stateOf(other, me.uin)
  if (other.exists && theirs === 'outgoing') return befriend(me, other)
  // One too many is not put before them, and looks like the rest to whoever asks.
  const open = other.friends().filter((friend) => friend.state === 'incoming').length
  if (other.exists && theirs === 'removed' && open < limit) {
    put(other, me.uin, { state: 'incoming', nick: me.setting.nick, note })
  }
  return put(me, other.uin, { state: 'outgoing', note })
}

/** Accepts or declines a request; declining is not told. */
export function answer(me: AccountTx, other: AccountTx, accept: boolean, limit: number): FriendRecord {
  const mine = me.friend(other.uin)
  if (mine?.state === 'friend' && accept) return mine
  if (mine?.state !== 'incoming') {
    if (mine?.state === 'removed' && !accept) return mine
    throw new ImError('NO_SUCH_FRIEND', 'There is no request from them.', { hint: 'im friend requests' })
  }
  if (!accept || stateOf(other, me.uin) !== 'outgoing') return put(me, other.uin, { state: 'removed', note: null })
  checkRoom(me, limit)
  return befriend(me, other)
}

/** The other has given me an invite, which is its consent. To the one blocked it looks like one that has ended. */
export function befriendInvited(me: AccountTx, other: AccountTx, limit: number): FriendRecord {
  const mine = me.friend(other.uin)
  if (mine?.state === 'friend') return mine
  if (mine?.state === 'blocked') {
    throw new ImError('BLOCKED_BY_ME', 'You have blocked them.', { hint: `im friend unblock ${other.uin}` })
  }
  if (!other.exists || stateOf(other, me.uin) === 'blocked') throw inviteRefused()
  checkRoom(me, limit)
  checkRoom(other, limit)
  return befriend(me, other)
}

/** Ends a friendship, or takes a request back. */
export async function remove(me: AccountTx, other: AccountTx): Promise<FriendRecord> {
  const mine = me.friend(other.uin)
  if (mine === undefined) throw new ImError('NO_SUCH_FRIEND', undefined, { hint: 'im friend list' })
  if (mine.state === 'removed' || mine.state === 'blocked') return mine
  const theirs = stateOf(other, me.uin)
  if (theirs === 'friend' || theirs === 'incoming') put(other, me.uin, { state: 'removed', note: null })
  await holdWhatWaitsFor(me, other.uin)
  await holdWhatWaitsFor(other, me.uin)
  return put(me, other.uin, { state: 'removed', note: null })
}

/** Takes back a request that has been open since `before` or longer. Whether anybody ever saw it makes no difference. */
export async function lapse(me: AccountTx, other: AccountTx, before: Instant): Promise<boolean> {
  const mine = me.friend(other.uin)
  if (mine?.state !== 'outgoing' || mine.since > before) return false
  await remove(me, other)
  return true
}

/** To the one blocked it looks like removal. */
export async function block(me: AccountTx, other: AccountTx): Promise<FriendRecord> {
  if (me.friend(other.uin) !== undefined) await remove(me, other)
  const mine = me.friend(other.uin)
  return mine?.state === 'blocked' ? mine : put(me, other.uin, { state: 'blocked', note: null })
}

export function unblock(me: AccountTx, other: AccountTx): FriendRecord {
  const mine = me.friend(other.uin)
  if (mine === undefined) throw new ImError('NO_SUCH_FRIEND', undefined, { hint: 'im friend list' })
  return mine.state === 'blocked' ? put(me, other.uin, { state: 'removed' }) : mine
}
