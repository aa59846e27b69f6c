/** How a person is reached: what a popup becomes, and where a conversation opens. */
import type { Button, Popup } from './notable.ts'
import type { Reachable } from './places.ts'

/** A popup on somebody's screen. */
export interface Shown {
  /** The button that was pressed; null when it has gone from the screen without one. It may never be told. */
  pressed: Promise<Button | null>
  /** Takes it from the screen, where that can be done. */
  withdraw(): void
  /** Leaves it there, and listens no more. */
  leave(): void
}

export interface Notifier {
  /** Null: nobody could be reached. Takes some seconds at most, whatever state the desktop is in. */
  show(popup: Popup, where: Reachable): Promise<Shown | null>
}

/** Starts a terminal that runs `im` with these arguments; false where there is none to start. */
export type OpenTerminal = (args: readonly string[], where: Reachable) => Promise<boolean>
