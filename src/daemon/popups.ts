import type { HeldReason, QuietHours } from '../domain/backup.ts'
import type { Uin } from '../domain/uin.ts'
import { quietEnd } from '../domain/window.ts'
import type { Host } from '../host/host.ts'
import type { BackupRecord } from '../protocol/records.ts'
import type { DaemonOptions } from './core.ts'
import type { Known } from './friend-keys.ts'
import type { Told } from './mirror.ts'
import { decidePopups, isAlarm, type Notable, type NotifyState } from './notify-policy.ts'
import { shownRead } from './overlay.ts'
import { textOf } from './texts.ts'
import { nameOf } from './views.ts'
import { heldText } from './why-text.ts'

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
  if (told.type === 'friend' && told.change === 'loop-cap' && 'friend' in told.ref) {
    const to = nameOf(known, told.ref.friend)
    return [{ kind: 'trouble', id: null, to, why: 'Automatic messages between you were too many, and are stopped.' }]
  }
  const record = told.type === 'backup' && 'backup' in told.ref ? state.backups.get(told.ref.backup)?.record : undefined
  return record === undefined ? [] : ofBackup(record, told, known)
}

/** Reasons for which something is held that its owner did not ask for. */
const UNWANTED: ReadonlySet<HeldReason | null> = new Set(['NOT_FRIENDS', 'RESTORED'])

function ofBackup(record: BackupRecord, { change, shownHere = false }: Told, known: Known): Notable[] {
  const { id, occurrence, plan, state } = record
  const to = nameOf(known, plan.to)
  if (change === 'due' && state === 'due') {
    const text = textOf(known.texts.backup(record))
    return [{ kind: 'due', id, occurrence, to, text, shownHere, chosen: isChosen(record) }]
  }
  if (change !== state) return []
  const trouble = state === 'failed' || state === 'missed' || (state === 'held' && UNWANTED.has(record.heldReason))
  if (!trouble) return []
  const why = record.error?.message ?? (state === 'held' ? heldText(record.heldReason) : 'Its moment has passed.')
  return [{ kind: 'trouble', id, to, why }]
}

/** Whether it came due at a time that its owner named. */
export function isChosen({ plan }: BackupRecord): boolean {
  return plan.trigger.conditions.some(({ kind }) => kind === 'time' || kind === 'every')
}

/** What comes so soon after a popup, or after a silence, is shown together. */
const GATHER_MS = 2_000
/** Popups kept through quiet hours. */
const MOST_HELD = 500

/** Carries out what the policy decides, on the desktop of whoever called last. */
export class Popups {
  readonly #options: Pick<DaemonOptions, 'notifier' | 'settings' | 'desktop'>
  readonly #host: Host
  readonly #turnOff: (friends: readonly Uin[]) => void
  readonly #quiet: () => QuietHours | null
  readonly #held: Notable[] = []
  readonly #gathered: Notable[] = []
  #cancelGathering: (() => void) | null = null
  #state: NotifyState = new Map()
  #desktop: DaemonOptions['desktop']

  constructor(
    options: Pick<DaemonOptions, 'notifier' | 'settings' | 'desktop' | 'host'>,
    turnOff: (friends: readonly Uin[]) => void,
    quiet: () => QuietHours | null,
  ) {
    this.#options = options
    this.#host = options.host
    this.#desktop = options.desktop
    this.#turnOff = turnOff
    this.#quiet = quiet
  }

  /** A newer caller's desktop; one that has none changes nothing. */
  useDesktop(desktop: Readonly<Record<string, string>>): void {
    if (Object.keys(desktop).length > 0) this.#desktop = { ...this.#options.desktop, ...desktop }
  }

  forget(): void {
    this.#state = new Map()
    this.#held.length = 0
    this.#gathered.length = 0
  }

  /** Alarms at once; the first of the others too, those soon after it together; in quiet hours none until their end. */
  show(batch: readonly Notable[]): void {
    this.#present(batch.filter(isAlarm))
    const quiet = this.#isQuiet()
    const isHeld = (one: Notable) => quiet && !(one.kind === 'due' && one.chosen)
    const others = batch.filter((one) => !isAlarm(one))
    this.#held.push(...others.filter(isHeld))
    this.#held.splice(0, this.#held.length - MOST_HELD)
    const now = others.filter((one) => !isHeld(one))
    if (now.length === 0) return
    if (this.#cancelGathering !== null) this.#gathered.push(...now)
    else {
      this.#present(now)
      this.gather()
    }
  }

  /** What comes within a moment is shown together: one digest after sleep or downtime. */
  gather(): void {
    this.#cancelGathering?.()
    this.#cancelGathering = this.#host.timers.after(GATHER_MS, () => {
      this.#cancelGathering = null
      this.#present(this.#gathered.splice(0))
    })
  }

  /** With each beat: what quiet hours have held is shown when they are over. */
  tick(): void {
    if (this.#held.length > 0 && !this.#isQuiet()) this.#present(this.#held.splice(0))
  }

  close(): void {
    this.#cancelGathering?.()
  }

  #isQuiet(): boolean {
    const hours = this.#quiet()
    return hours !== null && quietEnd([hours], this.#host.clock.now()) !== null
  }

  #present(batch: readonly Notable[]): void {
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
