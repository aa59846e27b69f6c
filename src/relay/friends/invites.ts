/**
 * Invites. One lies with whoever gave it: an account, or the relay itself, which for this purpose is an account that no
 * UIN can name. The relay knows the hash of an invite's secret only.
 */
import { DAY_MS } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import { hashInvite } from '../../protocol/invite-secret.ts'
import { type Invite, parseInvite } from '../../protocol/link.ts'
import { within } from '../accounts/account-state.ts'
import type { AccountTx } from '../accounts/account-tx.ts'

/** Whose invites the operator's are. */
export const OPERATOR = 'relay' as Uin

export interface StoredInvite {
  /** SHA-256 of the secret, hex: its place among the rows. */
  hash: string
  uses: number
  used: number
  createdAt: number
  expiresAt: number
}

export interface InviteUse {
  giver: Uin
  hash: string
}

/** Those that ended are shown for a while, so that a giver sees what became of them. */
const SHOWN_AFTER_END_MS = 30 * DAY_MS

const key = (hash: string) => `invite/${hash}`

/** Which invite somebody shows. Throws USAGE when it is none. */
export function inviteUse(text: string): InviteUse {
  const { from, secret }: Invite = parseInvite(text)
  return { giver: from ?? OPERATOR, hash: hashInvite(secret) }
}

/** The same whatever is wrong with it: trying tells nothing. */
export function inviteRefused(): ImError {
  return new ImError('LIMIT', 'This invite is not known here, is used up or has ended.', {
    hint: 'ask for a new one',
  })
}

function isOpen({ uses, used, expiresAt }: StoredInvite, now: number): boolean {
  return used < uses && now < expiresAt
}

/** Throws LIMIT unless it can be used now. */
export async function requireOpen(giver: AccountTx, hash: string): Promise<StoredInvite> {
  const invite = (await giver.stored(key(hash))) as StoredInvite | undefined
  if (invite === undefined || !isOpen(invite, giver.now)) throw inviteRefused()
  return invite
}

/** Counts a use. */
export async function spend(giver: AccountTx, hash: string): Promise<void> {
  const invite = await requireOpen(giver, hash)
  giver.store({ op: 'replace', key: key(hash), value: { ...invite, used: invite.used + 1 } })
}

/** Those there are, the newest first. */
export async function invitesOf(giver: AccountTx): Promise<StoredInvite[]> {
  const rows = await giver.storedRange(within('invite'))
  const invites = rows.map(([, value]) => value as StoredInvite)
  return invites.sort((a, b) => b.createdAt - a.createdAt)
}

/** Keeps a new one; the same again is the same. Throws LIMIT when `most` are open. Forgets those that ended long ago. */
export async function putInvite(giver: AccountTx, invite: StoredInvite, most: number): Promise<StoredInvite> {
  const invites = await invitesOf(giver)
  const known = invites.find(({ hash }) => hash === invite.hash)
  if (known !== undefined) return known
  if (invites.filter((one) => isOpen(one, giver.now)).length >= most) {
    throw new ImError('LIMIT', `There may be ${most} open invites at once.`, { hint: 'wait until one is used or ends' })
  }
  for (const { hash, expiresAt } of invites) {
    if (expiresAt + SHOWN_AFTER_END_MS < giver.now) giver.store({ op: 'remove', key: key(hash) })
  }
  giver.store({ op: 'insert', key: key(invite.hash), value: invite })
  return invite
}

export function removeInvite(giver: AccountTx, { hash }: StoredInvite): void {
  giver.store({ op: 'remove', key: key(hash) })
}
