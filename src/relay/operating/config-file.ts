import { readFile } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { validate } from 'node-cron'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { DAY_MS } from '../../domain/instant.ts'
import { systemCode } from '../../host/host-error.ts'
import { lineOfKey } from '../../host/toml-lines.ts'
import { ImError } from '../../protocol/errors.ts'
import { DEFAULT_CONFIG, type RelayConfig } from '../config.ts'
import { isMetricsListen } from './listen.ts'

const whole = z.number().int().min(0)
/** Five fields: node-cron would take a sixth for seconds, and keep house sixty times a minute. */
const schedule = z.string().refine((text) => text.trim().split(/\s+/).length === 5 && validate(text), {
  error: ({ input }) => `"${input}" is no schedule of five cron fields, like "${DEFAULT_CONFIG.housekeeping}"`,
})
const address = z.string().refine(isMetricsListen, {
  error: ({ input }) => `"${input}" is no HOST:PORT, like "127.0.0.1:9464"`,
})
const absolute = z.string().refine((path) => isAbsolute(path), {
  error: ({ input }) => `"${input}" is no absolute path`,
})
const days = z.number().int().min(1).max(36_500)
const durations = z.strictObject({
  standInDelayMs: whole.max(3_600_000).optional(),
  offlineDelayMs: whole.max(3_600_000).optional(),
  unknownForMs: whole.max(3_600_000).optional(),
  loginDeadlineMs: whole.min(100).optional(),
  pingIntervalMs: whole.min(100).optional(),
  certificateCheckMs: whole.min(100).optional(),
})
const limits = z
  .strictObject(Object.fromEntries(Object.keys(DEFAULT_CONFIG.limits).map((name) => [name, whole.min(1).optional()])))
  .optional()

const schema = z.strictObject({
  limits,
  timing: durations.optional(),
  loginsPerMinute: whole.min(1).optional(),
  connections: whole.min(1).optional(),
  connectionsPerAddress: whole.min(1).optional(),
  requestsAtOnce: whole.min(1).optional(),
  friendsInvite: z.boolean().optional(),
  housekeeping: schedule.optional(),
  snapshot: z.strictObject({ at: schedule, dir: absolute, keep: whole.min(1).max(10_000).default(7) }).optional(),
  retention: z.strictObject({ logDays: days.optional(), messageDays: days.optional() }).optional(),
  reserveBytes: whole.optional(),
  metrics: address.optional(),
})

/** The defaults with whatever the file says over them. */
function overlaid<T extends object>(defaults: T, values: { [K in keyof T]?: T[K] | undefined } | undefined): T {
  return { ...defaults, ...Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) }
}

export interface ConfigProblem {
  /** From 1; null where the whole file is meant. */
  line: number | null
  message: string
}

/** Every way in which a file's text is wrong; none: the settings it makes. */
export function checkRelayConfig(text: string): { config: RelayConfig | null; problems: ConfigProblem[] } {
  let toml: unknown
  try {
    toml = parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    return { config: null, problems: [{ line: cause.line, message: `column ${cause.column} is no TOML` }] }
  }
  const parsed = schema.safeParse(toml)
  if (!parsed.success) {
    return { config: null, problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, text)) }
  }
  const { limits: ownLimits, timing, retention = {}, ...rest } = parsed.data
  const config = overlaid(overlaid(DEFAULT_CONFIG, timing), rest)
  const kept = { logForMs: inMs(retention.logDays), messagesForMs: inMs(retention.messageDays) }
  return { config: { ...config, retention: kept, limits: overlaid(DEFAULT_CONFIG.limits, ownLimits) }, problems: [] }
}

function inMs(count: number | undefined): number | null {
  return count === undefined ? null : count * DAY_MS
}

/** An issue about keys that nobody knows is one problem for each, on the line of the key. */
function problemsOf(issue: z.core.$ZodIssue, text: string): ConfigProblem[] {
  const path = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') {
    const key = path.join('.')
    return [{ line: lineOfKey(text, key), message: `${key}: ${issue.message}` }]
  }
  return issue.keys.map((name) => {
    const key = [...path, name].join('.')
    return { line: lineOfKey(text, key), message: `${key}: the relay knows no such key` }
  })
}

/** The settings of `relay.toml` over the defaults. Throws BAD_FILE naming file and line; `optional`: may be absent. */
export async function readRelayConfig(path: string, optional: boolean): Promise<RelayConfig> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (optional && systemCode(cause) === 'ENOENT') return DEFAULT_CONFIG
    throw new ImError('BAD_FILE', `${path}: it cannot be read`, { hint: `mend ${path}, or start without it` })
  }
  const { config, problems } = checkRelayConfig(text)
  if (config !== null) return config
  const lines = problems.map(({ line, message }) => `${path}:${line ?? 1}: ${message}`)
  throw new ImError('BAD_FILE', lines.join('\n'), { hint: `mend it; im relay config check --config ${path}` })
}
