import type { QuietHours } from '../../domain/backup.ts'
import { MINUTE_MS } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import { quietEnd } from '../../domain/window.ts'
import type { Host } from '../../host/host.ts'
import { type About, aboutOf, type Button, isAlarm, type Notable, type Popup } from './notable.ts'
import type { Notifier, Shown } from './notifier.ts'
import { decidePopups, type NotifySettings, type NotifyState, usedUp } from './notify-policy.ts'
import type { Places } from './places.ts'

/** What comes so soon after a popup, or after a silence, is shown together. */
const GATHER_MS = 2_000
/** Kept for later: through quiet hours, until a friend's turn comes again, until somebody can be reached. */
const MOST_KEPT = 500
/** Waiting for a desktop that is slow to answer. */
const MOST_WAITING = 50
/** Each may have a process that waits for its buttons. */
const MOST_ON_SCREEN = 16
/** A conversation in which a key was pressed so shortly ago is before somebody's eyes. */
const WATCHED_MS = MINUTE_MS

interface PopupsOptions {
  host: Host
  notifier: Notifier
  settings: NotifySettings
  places: Places
  quiet: () => QuietHours | null
  /** What it is about has been dealt with. */
  isOver: (about: About) => boolean
  /** A person has had this conversation before their eyes since then. */
  isWatched: (friend: Uin, since: number) => boolean
  turnOff: (friends: readonly Uin[]) => void
  pressed: (button: Button, popup: Popup) => void
}

/** Carries out what the policy decides, one popup after another, and takes down what has been dealt with. */
export class Popups {
  readonly #options: PopupsOptions
  readonly #gathered: Notable[] = []
  readonly #held: Notable[] = []
  /** Nobody could be reached: told with the next popup that somebody sees, or from the next new place. */
  readonly #unseen: Notable[] = []
  readonly #waiting: Popup[] = []
  readonly #onScreen = new Map<string, { popup: Popup; shown: Shown }>()
  #cancelGathering: (() => void) | null = null
  #away = false
  #showing = false
  #closed = false
  #quietBefore = false
  #state: NotifyState = new Map()

  constructor(options: PopupsOptions) {
    this.#options = options
  }

  /** Alarms at once; the first of the others too, those soon after it together; in quiet hours none until their end. */
  show(batch: readonly Notable[]): void {
    const worth = batch.filter((one) => !this.#isOver(one) && !this.#isWatched(one))
    this.#present(worth.filter(isAlarm))
    const quiet = this.#isQuiet()
    const isHeld = (one: Notable) => quiet && !(one.kind === 'due' && one.chosen)
    const others = worth.filter((one) => !isAlarm(one))
    keep(this.#held, others.filter(isHeld))
    const now = others.filter((one) => !isHeld(one))
    if (now.length === 0) return
    if (this.#cancelGathering !== null) keep(this.#gathered, now)
    else {
      this.#present(now)
      this.gather()
    }
  }

  /** Shows the answer to a button. */
  tell(popup: Pick<Popup, 'title' | 'body' | 'nick' | 'about'>): void {
    this.#enqueue([{ kind: 'done', urgency: 'low', buttons: [], hint: '', tag: 'done', of: [], ...popup }])
  }

  /** What comes within a moment is shown together. `away`: nobody was looking, as in sleep or downtime. */
  gather({ away = false }: { away?: boolean } = {}): void {
    this.#away ||= away
    this.#cancelGathering?.()
    this.#cancelGathering = this.#options.host.timers.after(GATHER_MS, () => {
      this.#cancelGathering = null
      // A desktop that is slow is given no more than it can take.
      if (this.#showing && this.#gathered.length > 0) return this.gather()
      const wasAway = this.#away
      this.#away = false
      this.#present(this.#gathered.splice(0), wasAway)
    })
  }

  /** With each beat: what quiet hours have held is shown when they are over, and messages when it is their turn again. */
  tick(): void {
    if (this.#held.length === 0) return
    const quiet = this.#isQuiet()
    this.#quietBefore ||= quiet
    if (quiet) return
    const away = this.#quietBefore
    this.#quietBefore = false
    this.#present(this.#held.splice(0), away)
  }

  /** Something has changed: popups that have lost their meaning go from the screen. */
  refresh(): void {
    for (const [tag, { popup, shown }] of this.#onScreen) {
      if (popup.about === null || !this.#options.isOver(popup.about)) continue
      this.#onScreen.delete(tag)
      shown.withdraw()
    }
  }

  /** There is a place to reach somebody that was not there before. */
  reachable(): void {
    const unseen = this.#unseen.splice(0).filter((one) => !this.#isOver(one))
    const { host, settings } = this.#options
    this.#enqueue(decidePopups(new Map(), unseen, host.clock.now(), settings, { away: true }).popups)
  }

  /** Another account begins with nothing. */
  forget(): void {
    this.#state = new Map()
    for (const kept of [this.#held, this.#gathered, this.#unseen, this.#waiting]) kept.length = 0
    for (const { shown } of this.#onScreen.values()) shown.withdraw()
    this.#onScreen.clear()
  }

  /** What is on the screen stays there. */
  close(): void {
    this.#closed = true
    this.#cancelGathering?.()
    for (const { shown } of this.#onScreen.values()) shown.leave()
    this.#onScreen.clear()
  }

  #isOver(notable: Notable): boolean {
    const about = aboutOf(notable)
    return about !== null && this.#options.isOver(about)
  }

  #isWatched(notable: Notable): boolean {
    const since = this.#options.host.clock.now() - WATCHED_MS
    return notable.kind === 'message' && this.#options.isWatched(notable.uin, since)
  }

  #isQuiet(): boolean {
    const hours = this.#options.quiet()
    return hours !== null && quietEnd([hours], this.#options.host.clock.now()) !== null
  }

  #present(batch: readonly Notable[], away = false): void {
    const { host, settings } = this.#options
    const fresh = batch.filter((one) => !this.#isOver(one))
    if (fresh.length === 0) return
    const { popups, later, state } = decidePopups(this.#state, fresh, host.clock.now(), settings, { away })
    this.#state = state
    keep(this.#held, later)
    this.#enqueue(popups)
  }

  #enqueue(popups: readonly Popup[]): void {
    this.#waiting.push(...popups)
    const tooMany = this.#waiting.splice(0, this.#waiting.length - MOST_WAITING)
    if (tooMany.length > 0) this.#options.host.log.warn('popups dropped', { count: tooMany.length })
    if (!this.#showing) void this.#showAll()
  }

  /** One after another: never more than one process on its way to the screen. */
  async #showAll(): Promise<void> {
    this.#showing = true
    try {
      for (let popup = this.#waiting.shift(); popup !== undefined && !this.#closed; popup = this.#waiting.shift()) {
        await this.#showOne(popup)
      }
    } finally {
      this.#showing = false
    }
  }

  async #showOne(popup: Popup): Promise<void> {
    const { notifier, places, host, turnOff } = this.#options
    const shown = await notifier.show(popup, places.reachable).catch(() => {
      host.log.warn('popup not shown')
      return null
    })
    if (this.#closed) return shown?.leave()
    if (shown === null) {
      keep(
        this.#unseen,
        popup.of.filter(({ kind }) => kind !== 'presence'),
      )
      return
    }
    const used = usedUp(popup)
    if (used.length > 0) turnOff(used)
    this.#put(popup, shown)
    if (this.#unseen.length > 0) this.reachable()
  }

  #put(popup: Popup, shown: Shown): void {
    this.#onScreen.get(popup.tag)?.shown.withdraw()
    this.#onScreen.delete(popup.tag)
    this.#onScreen.set(popup.tag, { popup, shown })
    const [oldest] = this.#onScreen
    if (this.#onScreen.size > MOST_ON_SCREEN && oldest !== undefined) {
      this.#onScreen.delete(oldest[0])
      oldest[1].shown.withdraw()
    }
    shown.pressed.then((button) => {
      if (this.#onScreen.get(popup.tag)?.shown === shown) this.#onScreen.delete(popup.tag)
      if (button !== null && !this.#closed) this.#options.pressed(button, popup)
    })
    // It may have been dealt with while it was on its way.
    this.refresh()
  }
}

/** Adds to what is kept; of too much the oldest goes, messages and friends before what was asked for. */
function keep(kept: Notable[], more: readonly Notable[]): void {
  kept.push(...more)
  while (kept.length > MOST_KEPT) {
    const chatter = kept.findIndex(({ kind }) => kind === 'message' || kind === 'presence')
    kept.splice(Math.max(chatter, 0), 1)
  }
}
