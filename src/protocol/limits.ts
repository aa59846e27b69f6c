/** What a relay allows. Sent to clients in `hello`, set in the relay's config, published by `im relay status`. */
export interface Limits {
  textBytes: number
  noteBytes: number
  patternChars: number
  conditions: number
  backupsPerFriend: number
  backupsPerAccount: number
  horizonMs: number
  friends: number
  devices: number
  finishedBackups: number
  finishedForMs: number
  changesPerSecond: number
  changesBurst: number
  putBatch: number
  newUinsPerDay: number
}

export const DEFAULT_LIMITS: Limits = {
  textBytes: 16 * 1024,
  noteBytes: 1024,
  patternChars: 512,
  conditions: 8,
  backupsPerFriend: 1_000,
  backupsPerAccount: 20_000,
  horizonMs: 5 * 366 * 86_400_000,
  friends: 2_000,
  devices: 16,
  finishedBackups: 1_000,
  finishedForMs: 90 * 86_400_000,
  changesPerSecond: 20,
  changesBurst: 200,
  putBatch: 500,
  newUinsPerDay: 20,
}
