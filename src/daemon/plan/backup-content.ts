import type { BackupPlan } from '../../domain/backup.ts'
import { repeats } from '../../domain/repeating.ts'
import { ImError } from '../../protocol/errors.ts'
import type { BackupRecord, Envelope } from '../../protocol/records.ts'
import { keyId } from '../../sealing/keys.ts'
import { addressee, type Known, keyChanged } from '../mirror/friend-keys.ts'
import { nextRev } from '../mirror/texts.ts'

/** A text sealed for a backup: for its friend too when it is to be sent, now or on its own. */
export async function sealedContent(
  { state, texts }: Known,
  text: string,
  { id, plan, before, now = false }: { id: string; plan: BackupPlan; before: Envelope | null; now?: boolean },
): Promise<Envelope> {
  const goes = now || plan.action.kind === 'send'
  const to = goes ? addressee({ state, texts }, plan.to) : { uin: plan.to, keys: null }
  return texts.seal(text, { origin: id, contentRev: nextRev(before), repeats: repeats(plan) }, to)
}

/** The backup's own text sealed anew, as a plan wants it. Throws BAD_SEAL and its kin for a text that cannot be read. */
export async function contentFor(known: Known, record: BackupRecord, plan: BackupPlan, now = false): Promise<Envelope> {
  const opened = known.texts.backup(record)
  if ('code' in opened) throw new ImError(opened.code, undefined, { hint: `im backup edit ${record.id} TEXT` })
  return sealedContent(known, opened.text, { id: record.id, plan, before: record.content, now })
}

/** Whether the relay could not send the content as it stands: not for the friend, their keys, this backup or this plan. */
export function isUnfit({ state }: Known, { id, content }: BackupRecord, plan: BackupPlan): boolean {
  if (content.kind !== 'sealed' || content.origin !== id || content.repeats !== repeats(plan)) return true
  if (plan.to === state.account?.uin) return false
  const keys = state.friends.get(plan.to)?.keys ?? null
  return content.wraps.to === null || keys === null || content.sealedTo !== keyId(keys)
}

/** Sealed for keys that are no more, while the owner has said yes to the present ones: it is to be sealed again. */
export function isStale(known: Known, record: BackupRecord): boolean {
  const { plan, state, heldReason } = record
  if (plan.action.kind !== 'send' || plan.to === known.state.account?.uin) return false
  const friend = known.state.friends.get(plan.to)
  if (friend?.state !== 'friend' || friend.keys === null || keyChanged(known, friend)) return false
  if (state === 'held') return heldReason === 'KEY_CHANGED'
  return state === 'armed' && isUnfit(known, record, plan)
}
