import type { Warning } from '../protocol/views.ts'

/** Beyond this a person would be misled by what the machine's clock shows; nothing here goes by it. */
const NOTICEABLE_MS = 5 * 60_000

interface Answer {
  v: 1
  warnings?: Warning[]
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'v' in value
}

/** What is to be said with an answer while this machine's clock is far from the relay's; null: nothing. */
function clockWarning(skewMs: number | null): Warning | null {
  if (skewMs === null || Math.abs(skewMs) <= NOTICEABLE_MS) return null
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  const off = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
  return {
    code: 'CLOCK_OFF',
    message: `this machine's clock is ${off} ${skewMs > 0 ? 'behind' : 'ahead of'} the relay's; times go by the relay's`,
  }
}

/** The answer with the warning; of a list the first. */
export function withClockWarning(answer: unknown, skewMs: number | null): unknown {
  const warning = clockWarning(skewMs)
  if (warning === null) return answer
  if (Array.isArray(answer)) {
    const [first, ...rest] = answer
    return first === undefined ? answer : [withClockWarning(first, skewMs), ...rest]
  }
  return isAnswer(answer) ? { ...answer, warnings: [...(answer.warnings ?? []), warning] } : answer
}
