/** Backups that are over, the earliest first, as they are once `changes` are made. */
export function* endedInOrder(
  before: ReadonlyMap<string, number>,
  changes: ReadonlyMap<string, number | null>,
): Generator<[string, number]> {
  for (const [id, at] of before) if (!changes.has(id)) yield [id, at]
  for (const [id, at] of changes) if (at !== null) yield [id, at]
}
