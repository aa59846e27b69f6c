import type { CheckView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import type { Check, Finding, Patient } from '../doctor/check.ts'
import { daemon, linger, lookForDaemon, service } from '../doctor/daemon.ts'
import { completion, locale, notifications, phone, zones } from '../doctor/desktop.ts'
import { config, directories, disk, socket } from '../doctor/files.ts'
import { node, path } from '../doctor/program.ts'
import { relay, token } from '../doctor/relay.ts'

/** In the order in which a fault explains those after it. */
const CHECKS: readonly Check[] = [
  node,
  path,
  directories,
  config,
  socket,
  disk,
  daemon,
  service,
  linger,
  relay,
  token,
  notifications,
  phone,
  zones,
  locale,
  completion,
]

interface Found {
  check: string
  finding: Finding
}

/** What is wrong here, and the command that mends it; with --fix what is safe is done. All well: 0, else 1. */
export async function run(context: Context): Promise<number> {
  const first = await examine(context)
  const found = context.flags.fix && (await mend(context, first)) ? await examine(context) : first
  const views = found.map(viewOf)
  if (context.out.reader === 'json') await context.out.list(views, TABLE)
  else if (context.out.reader === 'ids')
    await context.out.list(
      views.filter(({ ok }) => !ok),
      TABLE,
    )
  else context.out.lines(views.map(lineOf).join('\n'))
  return views.every(({ ok }) => ok) ? 0 : 1
}

const TABLE = { id: ({ check }: CheckView) => check, columns: () => [], none: '' }

async function examine(context: Context): Promise<Found[]> {
  const patient: Patient = { context, daemon: await lookForDaemon(context) }
  const found: Found[] = []
  for (const check of CHECKS) {
    for (const finding of await looked(check, patient)) found.push({ check: check.name, finding })
  }
  return found
}

/** A check that cannot look is a finding too. */
async function looked(check: Check, patient: Patient): Promise<readonly Finding[]> {
  try {
    return await check.look(patient)
  } catch (error) {
    return [{ ok: false, detail: `it cannot be looked at: ${error instanceof Error ? error.message : 'unknown'}` }]
  }
}

/** Does what is safe, one after another; whether anything was done. What fails is told, and stays as it is. */
async function mend(context: Context, found: readonly Found[]): Promise<boolean> {
  let isDone = false
  for (const { check, finding } of found) {
    if (finding.ok || finding.mend === undefined) continue
    try {
      await finding.mend()
      isDone = true
      context.out.talk(`im: mended ${check}: ${finding.fix ?? finding.detail}`)
    } catch (error) {
      context.out.talk(`im: ${check} could not be mended: ${error instanceof Error ? error.message : 'unknown'}`)
    }
  }
  return isDone
}

function viewOf({ check, finding: { ok, detail, fix } }: Found): CheckView {
  return { v: 1, check, ok, detail, fix: ok ? null : (fix ?? null) }
}

function lineOf({ check, ok, detail, fix }: CheckView): string {
  const line = `${ok ? 'ok   ' : 'WRONG'}  ${check.padEnd(14)} ${detail}`
  return fix === null ? line : `${line}\n${' '.repeat(22)}-> ${fix}`
}
