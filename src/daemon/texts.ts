import type { BackupPrivate, Envelope, FriendPrivate } from '../protocol/records.ts'
import { openPlain, plainEnvelope } from '../sealing/envelope.ts'
import { SealError } from '../sealing/seal-error.ts'

/** The only place that puts text into envelopes and takes it out. What cannot be opened is null, never a guess. */
export function contentOf(text: string): Envelope {
  return plainEnvelope(text)
}

export function readText(envelope: Envelope): string | null {
  try {
    return openPlain(envelope)
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

export function privateOf(value: BackupPrivate | FriendPrivate): Envelope {
  return plainEnvelope(JSON.stringify(value))
}

function readJson(envelope: Envelope | null): unknown {
  const text = envelope === null ? null : readText(envelope)
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const NO_PRIVATE: BackupPrivate = { key: null, note: null, matching: [] }

/** The owner's private part of a backup; null when it cannot be read here. */
export function readPrivate(envelope: Envelope): BackupPrivate | null {
  const value = readJson(envelope)
  return typeof value === 'object' && value !== null ? { ...NO_PRIVATE, ...value } : null
}

export const NO_FRIEND_PRIVATE: FriendPrivate = { alias: null, firstKeys: null, verified: false }

export function readFriendPrivate(envelope: Envelope | null): FriendPrivate {
  const value = readJson(envelope)
  return typeof value === 'object' && value !== null ? { ...NO_FRIEND_PRIVATE, ...value } : NO_FRIEND_PRIVATE
}
