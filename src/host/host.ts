/**
 * The machine, as the programs see it. Everything that makes a run differ from the last (clock, timers, randomness,
 * disk space) comes in through these, so that a simulation can be a function of its seed. Lint forbids the globals.
 */

export interface Clock {
  /** Wall clock, epoch ms. May jump. */
  now(): number
  /** ms that only grow; zero is arbitrary. */
  monotonic(): number
}

export interface Timers {
  /** Calls once after `ms`; the returned function cancels. A pending timer keeps the process alive. */
  after(ms: number, run: () => void): () => void
}

/** `length` bytes nobody can guess. */
export type RandomBytes = (length: number) => Uint8Array

export interface Disk {
  /** Bytes an unprivileged process may still write below `path`. */
  freeBytes(path: string): Promise<number>
}

/** Structured log lines: an event in the past tense, then fields. Never a text, a token or a password. */
export interface Log {
  debug(event: string, fields?: object): void
  info(event: string, fields?: object): void
  warn(event: string, fields?: object): void
  error(event: string, fields?: object): void
}

export interface Host {
  clock: Clock
  timers: Timers
  random: RandomBytes
  disk: Disk
  log: Log
}
