import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Limits } from '../../protocol/limits.ts'
import type { AccountTx } from '../accounts/account-tx.ts'

/** The room an account has left for live backups, counted once a request. */
export class Room {
  readonly #limits: Limits
  readonly #byFriend = new Map<Uin, number>()
  #all = 0

  constructor(account: AccountTx, limits: Limits) {
    this.#limits = limits
    for (const { plan } of account.backups.live()) this.#count(plan.to)
  }

  #count(to: Uin): void {
    this.#all++
    this.#byFriend.set(to, (this.#byFriend.get(to) ?? 0) + 1)
  }

  /** Takes the room of one more. Throws LIMIT when there is none. */
  take(to: Uin): void {
    const { backupsPerAccount, backupsPerFriend } = this.#limits
    if (this.#all >= backupsPerAccount) {
      throw new ImError('LIMIT', `An account may have ${backupsPerAccount} live backups.`)
    }
    if ((this.#byFriend.get(to) ?? 0) >= backupsPerFriend) {
      throw new ImError('LIMIT', `A friend may have ${backupsPerFriend} live backups.`)
    }
    this.#count(to)
  }
}
