import { type Handler, zoneOf } from '../core.ts'

/** Needs no account. */
export const when: Handler<'when'> = async (core, { expression, tz, from, count }, session) => {
  const [{ previewWhen }, { parseInstant }] = await Promise.all([
    import('../../domain/when.ts'),
    import('../../domain/time-words.ts'),
  ])
  const zone = tz ?? zoneOf(session)
  const now = from === undefined ? core.host.clock.now() : parseInstant(from, zone)
  return { v: 1, ...previewWhen(expression, { now, zone, count }) }
}
