import { readFile } from 'node:fs/promises'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { systemCode } from '../host/host-error.ts'
import { ImError } from '../protocol/errors.ts'
import { DEFAULT_CONFIG, type RelayConfig } from './config.ts'

const whole = z.number().int().min(0)
const durations = z.strictObject({
  standInDelayMs: whole.max(3_600_000).optional(),
  offlineDelayMs: whole.max(3_600_000).optional(),
  unknownForMs: whole.max(3_600_000).optional(),
  loginDeadlineMs: whole.min(100).optional(),
  pingIntervalMs: whole.min(100).optional(),
})
const limits = z
  .strictObject(Object.fromEntries(Object.keys(DEFAULT_CONFIG.limits).map((name) => [name, whole.min(1).optional()])))
  .optional()

const schema = z.strictObject({
  limits,
  timing: durations.optional(),
  loginsPerMinute: whole.min(1).optional(),
  housekeeping: z.string().optional(),
  reserveBytes: whole.optional(),
})

/** The defaults with whatever the file says over them. */
function overlaid<T extends object>(defaults: T, values: { [K in keyof T]?: T[K] | undefined } | undefined): T {
  return { ...defaults, ...Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) }
}

function bad(path: string, what: string): ImError {
  return new ImError('BAD_FILE', `${path}: ${what}`, { hint: `mend ${path}, or start without it` })
}

/** Five fields: node-cron would take a sixth for seconds, and keep house sixty times a minute. */
async function checkSchedule(path: string, schedule: string | undefined): Promise<void> {
  if (schedule === undefined) return
  const { validate } = await import('node-cron')
  if (schedule.trim().split(/\s+/).length === 5 && validate(schedule)) return
  throw bad(
    path,
    `housekeeping: "${schedule}" is no schedule of five cron fields, like "${DEFAULT_CONFIG.housekeeping}"`,
  )
}

/** The settings of `relay.toml` over the defaults. Throws BAD_FILE naming file and place; `optional`: may be absent. */
export async function readRelayConfig(path: string, optional: boolean): Promise<RelayConfig> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (optional && systemCode(cause) === 'ENOENT') return DEFAULT_CONFIG
    throw bad(path, 'it cannot be read')
  }
  let toml: unknown
  try {
    toml = parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    throw bad(path, `line ${cause.line}, column ${cause.column} is no TOML`)
  }
  const parsed = schema.safeParse(toml)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw bad(path, `${issue?.path.join('.') || 'a key'}: ${issue?.message ?? 'not understood'}`)
  }
  await checkSchedule(path, parsed.data.housekeeping)
  const { limits: ownLimits, timing, ...rest } = parsed.data
  const config = overlaid(overlaid(DEFAULT_CONFIG, timing), rest)
  return { ...config, limits: overlaid(DEFAULT_CONFIG.limits, ownLimits) }
}
