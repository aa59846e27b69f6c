/**
 * A value that is there, or a promise of it. Where all is in memory nothing waits: a turn of the event loop for each of
 * a dozen steps is what a short transaction would cost most.
 */
export type Soon<T> = T | Promise<T>

/** `next` of the value: at once where it is there. */
export function soon<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
