import { assertAccount } from './layout.ts'

/** Mutual exclusion by account within this process, first come first served. */
export interface Locks {
  /**
   * Takes all, in the order given; callers all give the same order, so none waits in a circle.
   * Undefined: they were free and are taken now.
   */
  acquire(accounts: readonly string[]): Promise<void> | undefined
  release(accounts: readonly string[]): void
}

export class AccountLocks implements Locks {
  /** Per taken account, who waits for it. */
  readonly #waiting = new Map<string, (() => void)[]>()

  acquire(accounts: readonly string[]): Promise<void> | undefined {
    for (let i = 0; i < accounts.length; i++) {
      if (!this.#take(accounts[i] ?? '')) return this.#acquireFrom(accounts, i)
    }
    return undefined
  }

  release(accounts: readonly string[]): void {
    for (const account of accounts) {
      const next = this.#waiting.get(account)?.shift()
      if (next === undefined) this.#waiting.delete(account)
      else next()
    }
  }

  async #acquireFrom(accounts: readonly string[], from: number): Promise<void> {
    for (const account of accounts.slice(from)) {
      if (!this.#take(account)) await this.#turn(account)
    }
  }

  #take(account: string): boolean {
    if (this.#waiting.has(account)) return false
    this.#waiting.set(account, [])
    return true
  }

  /** Resolves when the account is handed over: it is never free in between. */
  #turn(account: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.get(account)?.push(resolve))
  }
}

/** The order in which everybody takes these accounts. Throws TypeError for none, a wrong one, or the same one twice. */
export function lockOrder(accounts: readonly string[]): readonly string[] {
  for (const account of accounts) assertAccount(account)
  const [first, second] = accounts
  if (first === undefined || accounts.length > 2) throw new TypeError('a transaction needs one account or two')
  if (first === second) throw new TypeError('a transaction names an account only once')
  return second === undefined || first < second ? accounts : [second, first]
}
