import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import type { DaemonOptions } from './core.ts'
import type { Known } from './friend-keys.ts'
import type { Told } from './mirror.ts'
import { decidePopups, type Notable, type NotifyState } from './notify-policy.ts'
import { shownRead } from './overlay.ts'
import { textOf } from './texts.ts'
import { nameOf } from './views.ts'

/** Something the log told, as far as it may deserve a popup. */
export function notableOf(told: Told, known: Known): Notable[] {
  const { state, texts } = known
  const { account } = state
  if (told.type === 'message' && told.message !== undefined && told.change === 'arrived') {
    const { message } = told.message
    if (message.from === account?.uin && message.deviceId === account.deviceId) return []
    const read = shownRead(state, message.friend) >= message.n
    const name = message.from === account?.uin ? 'Note to myself' : nameOf(known, message.from)
    return [{ kind: 'message', from: message.from, name, text: textOf(texts.message(told.message)), read }]
  }
  if (told.type !== 'backup' || told.change !== 'due' || !('backup' in told.ref)) return []
  const record = state.backups.get(told.ref.backup)?.record
  if (record === undefined || record.state !== 'due') return []
  return [
    {
      kind: 'due',
      id: record.id,
      occurrence: record.occurrence,
      to: nameOf(known, record.plan.to),
      text: textOf(texts.backup(record)),
      shownHere: told.shownHere ?? false,
    },
  ]
}

/** Carries out what the policy decides, on the desktop of whoever called last. */
export class Popups {
  readonly #options: Pick<DaemonOptions, 'notifier' | 'settings' | 'desktop'>
  readonly #host: Host
  readonly #turnOff: (friends: readonly Uin[]) => void
  #state: NotifyState = new Map()
  #desktop: DaemonOptions['desktop']

  constructor(
    options: Pick<DaemonOptions, 'notifier' | 'settings' | 'desktop' | 'host'>,
    turnOff: (friends: readonly Uin[]) => void,
  ) {
    this.#options = options
    this.#host = options.host
    this.#desktop = options.desktop
    this.#turnOff = turnOff
  }

  /** A newer caller's desktop; one that has none changes nothing. */
  useDesktop(desktop: Readonly<Record<string, string>>): void {
    if (Object.keys(desktop).length > 0) this.#desktop = { ...this.#options.desktop, ...desktop }
  }

  forget(): void {
    this.#state = new Map()
  }

  show(batch: readonly Notable[]): void {
    if (batch.length === 0) return
    const { notifier, settings } = this.#options
    const decision = decidePopups(this.#state, batch, this.#host.clock.now(), settings.notify)
    this.#state = decision.state
    for (const popup of decision.popups) {
      notifier.notify(popup, this.#desktop).catch(() => this.#host.log.warn('popup not shown'))
    }
    if (decision.turnOff.length > 0) this.#turnOff(decision.turnOff)
  }
}
