/** A program that the machine's own service manager starts: what its file says, and the commands that take it up. */

export type Command = readonly [program: string, ...args: string[]]

export interface ServiceSpec {
  /** The manager's name for it, without an ending. */
  name: string
  description: string
  argv: readonly string[]
  env: readonly (readonly [string, string])[]
  /** Where a manager that keeps no journal writes what it says. */
  logFile: string
}

export interface ServiceFile {
  /** What the platform calls its manager. */
  manager: 'systemd' | 'launchd' | 'Task Scheduler'
  /** As the manager knows it. */
  unit: string
  path: string
  text: string
  encoding: 'utf8' | 'utf16le'
  /** Succeeds where the manager can be reached. */
  probe: Command
  /** Takes up the file, now and at every login. */
  load: readonly Command[]
  /** Starts it, when it is taken up already. */
  start: Command
  /** Ends it, and does not start it again by itself: that one was killed says nothing against another try. */
  stop: Command
  /** Lets it go; before the file is removed, and after. May fail where it was never taken up. */
  unload: readonly Command[]
  forget: readonly Command[]
}

/** The first line of every file we write; what does not have it is not ours to change or remove. */
export const MADE_BY = 'Made by im'
