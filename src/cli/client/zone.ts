import { readlinkSync } from 'node:fs'
import type { Io } from '../io.ts'

/**
 * The IANA zone of the caller: TZ, else what /etc/localtime points at. Intl would say the same, but its first use
 * costs 10 ms (measured), so it is asked last.
 */
export function callerZone(io: Pick<Io, 'env' | 'platform'>): string {
  const named = io.env.TZ?.replace(/^:/, '')
  if (named !== undefined && /^(UTC|[A-Z][A-Za-z_]+\/[A-Za-z0-9_+/-]+)$/.test(named)) return named
  return (named ? null : systemZone(io.platform)) ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

function systemZone(platform: NodeJS.Platform): string | null {
  if (platform === 'win32') return null
  try {
    return /zoneinfo\/((?:UTC|[A-Z][A-Za-z_]+\/[A-Za-z0-9_+/-]+))$/.exec(readlinkSync('/etc/localtime'))?.[1] ?? null
  } catch {
    return null // a copy of the zone's file, or none
  }
}
