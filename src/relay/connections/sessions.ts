import type { Uin } from '../../domain/uin.ts'
import type { Session } from './session.ts'

/** The sessions of every account that is connected. A device has one: a newer connection replaces the older. */
export class Sessions {
  readonly #byAccount = new Map<Uin, Map<string, Session>>()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Returns the session this one replaces, if the device had one. */
  add(session: Session): Session | null {
    const devices = this.#byAccount.get(session.uin) ?? new Map<string, Session>()
    const replaced = devices.get(session.deviceId) ?? null
    devices.set(session.deviceId, session)
    this.#byAccount.set(session.uin, devices)
    if (replaced === null) this.#count++
    return replaced
  }

  /** False when it had been replaced already. */
  remove(session: Session): boolean {
    const devices = this.#byAccount.get(session.uin)
    if (devices?.get(session.deviceId) !== session) return false
    devices.delete(session.deviceId)
    if (devices.size === 0) this.#byAccount.delete(session.uin)
    this.#count--
    return true
  }

  of(uin: Uin): Session[] {
    return [...(this.#byAccount.get(uin)?.values() ?? [])]
  }

  has(uin: Uin): boolean {
    return this.#byAccount.has(uin)
  }

  device(uin: Uin, deviceId: string): Session | undefined {
    return this.#byAccount.get(uin)?.get(deviceId)
  }

  all(): Session[] {
    return [...this.#byAccount.values()].flatMap((devices) => [...devices.values()])
  }
}
