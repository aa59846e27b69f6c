/** Milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored (what `Date.now()` counts). */
export type Instant = number

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** RFC 3339 in UTC, as all JSON output has it. */
export function toRfc3339(at: Instant): string {
  return new Date(at).toISOString()
}

/** The earliest of those that are known. */
export function earliest(instants: readonly (Instant | null)[]): Instant | null {
  const known = instants.filter((at): at is Instant => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}
