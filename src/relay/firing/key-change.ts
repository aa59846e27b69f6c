/** A friend's keys may be others than those a text was sealed for: then it is held and told, never sent. */
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { BackupRecord, Envelope } from '../../protocol/records.ts'
import { keyId, sameKeys } from '../../sealing/keys.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import { moveTo } from './backup-change.ts'
import { isSealedFor } from './check-seal.ts'

/** Whether it would go to somebody else by itself. */
export function goesToFriend({ uin }: AccountTx, { plan }: Pick<BackupRecord, 'plan'>): boolean {
  return plan.action.kind === 'send' && plan.to !== uin
}

/** Whether the recipient can open it; to oneself always. If not, the owner's record of the friend gets their present keys. */
export function canOpen(me: AccountTx, other: AccountTx | null, content: Envelope): boolean {
  if (other === null) return true
  if (isSealedFor(content, other.keyId)) return true
  const keys = other.login?.bundle.keys ?? null
  const friend = me.friend(other.uin)
  if (friend !== undefined && keys !== null && (friend.keys === null || !sameKeys(friend.keys, keys))) {
    me.putFriend({ ...friend, keys })
  }
  return false
}

export function held(record: BackupRecord): BackupRecord {
  return moveTo(record, 'held', { heldReason: 'KEY_CHANGED' })
}

/** A backup as it was written: held if it is sealed for keys that are no more, armed again once it is not. */
export function heldUnlessFresh(me: AccountTx, record: BackupRecord, resealed: boolean): BackupRecord {
  if (!goesToFriend(me, record)) return record
  const keys = me.friend(record.plan.to)?.keys ?? null
  const fresh = isSealedFor(record.content, keys === null ? null : keyId(keys))
  if (record.state === 'armed' && !fresh) return held(record)
  const again = resealed && fresh && record.state === 'held' && record.heldReason === 'KEY_CHANGED'
  return again ? moveTo(record, 'armed') : record
}

/** Holds all that would go to the friend by itself; how many. */
export async function holdSends(me: AccountTx, to: Uin): Promise<number> {
  const armed = me.backups.live().filter((backup) => {
    return backup.state === 'armed' && backup.plan.to === to && goesToFriend(me, backup)
  })
  await me.changeBackups(armed, held)
  return armed.length
}

export function keyChanged(to: Uin): ImError {
  return new ImError('KEY_CHANGED', undefined, { hint: `compare the safety number, then: im friend verify ${to}` })
}
