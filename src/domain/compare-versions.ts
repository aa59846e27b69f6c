/** Semantic versions without pre-releases: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string): number[] => version.split('.').map((part) => Number.parseInt(part, 10) || 0)
  const [left, right] = [parts(a), parts(b)]
  const place = [0, 1, 2].find((index) => left[index] !== right[index]) ?? 0
  return (left[place] ?? 0) - (right[place] ?? 0)
}
