import { Temporal } from 'temporal-polyfill'
import { instantToWall, resolveWall } from '../../src/domain/zone.ts'

/** When the clocks of a zone show `YYYY-MM-DDTHH:mm[:ss]`, and what they show then. */
export function wallToInstant(wall: string, zone: string) {
  const resolved = resolveWall(Temporal.PlainDateTime.from(wall), zone)
  return { ...resolved, local: instantToWall(resolved.at, zone) }
}
