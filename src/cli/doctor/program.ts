/** Node, and `im` as the shell finds it. */
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { compareVersions } from '../../domain/compare-versions.ts'
import { type Check, type Finding, fine, shellWord, wrong } from './check.ts'

const OLDEST_NODE = '20.18.1'

export const node: Check = {
  name: 'node',
  look: ({ context }) => nodeFinding(process.version, context.io.self[0]),
}

export function nodeFinding(version: string, path: string): Finding[] {
  const about = `${version} at ${path}`
  if (compareVersions(version.slice(1), OLDEST_NODE) >= 0) return fine(about)
  return wrong(`${about} is older than ${OLDEST_NODE}`, 'install a newer Node: https://nodejs.org')
}

export const path: Check = {
  name: 'path',
  look({ context: { io } }) {
    const program = io.self[1]
    const first = (io.env.PATH ?? '')
      .split(delimiter)
      .map((dir) => join(dir, 'im'))
      .find(isExecutable)
    if (first === undefined) {
      return wrong('im is not on the PATH', `npm install -g ${shellWord(dirname(dirname(program)))}`)
    }
    if (realpathSync(first) === realpathSync(program)) return fine(first)
    return wrong(`another im stands first on the PATH: ${first}`, `export PATH=${shellWord(dirname(program))}:"$PATH"`)
  },
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
