import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Whether this machine lacks one of the programs a test needs; for `describe.skipIf(lacks('tmux'))`, which says so in
 * the report. With CI set nothing may be skipped, so that is an error.
 */
export function lacks(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !onPath(program))
  if (missing.length > 0 && process.env.CI) throw new Error(`CI must install what tests need: ${missing.join(', ')}`)
  return missing.length > 0
}

/** A program by name, looked up in PATH, or by its whole path; `root`: whether the tests run as root. */
function onPath(program: string): boolean {
  if (program === 'root') return process.getuid?.() === 0
  const places = program.includes('/')
    ? [program]
    : (process.env.PATH ?? '').split(delimiter).map((d) => join(d, program))
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
