/** Resolves once all that can go on without I/O or a timer has gone on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
