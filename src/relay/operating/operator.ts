/** What the operator of a relay may do with its accounts and its door. */
import type { Instant } from '../../domain/instant.ts'
import { isUin, type Uin } from '../../domain/uin.ts'
import type { InviteView, UserView } from '../../protocol/admin-api.ts'
import { ImError } from '../../protocol/errors.ts'
import { hashInvite, makeInviteSecret } from '../../protocol/invite-secret.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { RelayParts } from '../context.ts'
import { invitesOf, OPERATOR, putInvite, removeInvite, type StoredInvite } from '../friends/invites.ts'
import { bury, finishDeletion } from '../login/deletion.ts'
import { disabled } from '../login/proof.ts'

const PAGE = 200
const MOST_OPEN_INVITES = 1_000
const KEPT_AT = 'housekeeping/last'
/** Of the hash: enough to tell a thousand apart. */
const ID_CHARS = 12

export class Operator {
  readonly #relay: RelayParts

  constructor(relay: RelayParts) {
    this.#relay = relay
  }

  /** A page of the accounts there are, by UIN. */
  async users(after: string | null): Promise<{ users: UserView[]; next: string | null }> {
    const uins = await this.#relay.accounts.page(after as Uin | null, PAGE)
    const users: UserView[] = []
    for (const uin of uins) {
      if (!isUin(uin)) continue
      const user = await this.#relay.accounts.read(uin, (account) => (account.exists ? this.#view(account) : null))
      if (user !== null) users.push(user)
    }
    return { users, next: uins.length < PAGE ? null : (uins.at(-1) ?? null) }
  }

  /** How many there are. */
  countAccounts(): Promise<number> {
    return this.#relay.accounts.count()
  }

  /** Its sessions are cut, and it can neither log in nor come back with a token until it is enabled. */
  async disable(uin: Uin): Promise<UserView> {
    const view = await this.#change(uin, true)
    const why = disabled().toData()
    for (const session of this.#relay.sessions.of(uin)) {
      await this.#relay.board.disconnected(uin, session.deviceId, true)
      session.close(why)
    }
    return { ...view, connected: false }
  }

  enable(uin: Uin): Promise<UserView> {
    return this.#change(uin, false)
  }

  /** The account as it was. */
  async delete(uin: Uin): Promise<UserView> {
    const view = await this.#relay.accounts.read(uin, (account) => {
      requireUser(account)
      return this.#view(account)
    })
    await bury(this.#relay, uin, requireUser)
    await finishDeletion(this.#relay, uin)
    return { ...view, connected: false }
  }

  /** The secret is told once, here. */
  async createInvite(uses: number, lastsMs: number): Promise<{ secret: string; view: InviteView }> {
    const secret = makeInviteSecret(this.#relay.host.random)
    const made = await this.#relay.accounts.one(OPERATOR, (relay) => {
      const { now } = relay
      const stored = { hash: hashInvite(secret), uses, used: 0, createdAt: now, expiresAt: now + lastsMs }
      return putInvite(relay, stored, MOST_OPEN_INVITES)
    })
    return { secret, view: inviteView(made) }
  }

  invites(): Promise<InviteView[]> {
    return this.#relay.accounts.read(OPERATOR, async (relay) => (await invitesOf(relay)).map(inviteView))
  }

  revokeInvite(id: string): Promise<InviteView> {
    return this.#relay.accounts.one(OPERATOR, async (relay) => {
      const fitting = (await invitesOf(relay)).filter(({ hash }) => hash.startsWith(id))
      const [invite] = fitting
      if (invite === undefined) {
        throw new ImError('USAGE', `There is no invite ${id}.`, { hint: 'im relay invite list' })
      }
      if (fitting.length > 1) throw new ImError('AMBIGUOUS', `${id} could mean ${fitting.length} invites.`)
      removeInvite(relay, invite)
      return inviteView(invite)
    })
  }

  /** When the house was last kept to its end; null: never. */
  houseKeptAt(): Promise<Instant | null> {
    return this.#relay.accounts.peek(
      OPERATOR,
      async (relay) => ((await relay.get(KEPT_AT)) as Instant | undefined) ?? null,
    )
  }

  houseKept(): Promise<void> {
    return this.#relay.accounts.one(OPERATOR, async (relay) => {
      const op = (await relay.stored(KEPT_AT)) === undefined ? 'insert' : 'replace'
      relay.store({ op, key: KEPT_AT, value: relay.now })
    })
  }

  #change(uin: Uin, disabled: boolean): Promise<UserView> {
    return this.#relay.accounts.one(uin, (account) => {
      const login = requireUser(account)
      if ((login.disabledAt !== null) !== disabled) {
        account.putLogin({ ...login, disabledAt: disabled ? account.now : null })
      }
      return this.#view(account)
    })
  }

  #view(account: AccountTx): UserView {
    const devices = account.devices().filter(({ revokedAt }) => revokedAt === null)
    const seen = Math.max(0, ...account.devices().map(({ lastSeenAt }) => lastSeenAt ?? 0))
    const connected = this.#relay.sessions.has(account.uin)
    const { createdAt = 0, disabledAt = null } = account.login ?? {}
    return {
      v: 1,
      uin: account.uin,
      createdAt: iso(createdAt),
      devices: devices.length,
      connected,
      lastSeenAt: connected ? iso(account.now) : seen === 0 ? null : iso(seen),
      backups: account.backups.live().length,
      disabled: disabledAt !== null,
    }
  }
}

function requireUser(account: AccountTx): NonNullable<AccountTx['login']> {
  const { login, uin } = account
  if (login === null) throw new ImError('USAGE', `There is no account ${uin} here.`, { hint: 'im relay user list' })
  return login
}

function inviteView({ hash, uses, used, createdAt, expiresAt }: StoredInvite): InviteView {
  const times = { createdAt: iso(createdAt), expiresAt: iso(expiresAt) }
  return { v: 1, id: hash.slice(0, ID_CHARS), link: null, uses, used, ...times }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
