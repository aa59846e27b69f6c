// npm run mutants [-- NAME]: takes one mechanism at a time out of a copy of the tree and says which test notices.
// A mutant that no test notices, or that no longer applies, is an error.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MUTANTS } from './mutant-list.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function copyOfTree() {
  const copy = mkdtempSync(join(tmpdir(), 'im-mutants-'))
  for (const name of [
    'src',
    'test',
    'scripts',
    'bin',
    'bench',
    'docs',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
    'biome.json',
  ]) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir')
  return copy
}

/** The names of the tests that fail in the copy; null: the run itself came to nothing. */
function failingTests(copy, tests) {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
  const words = [vitest, 'run', '--reporter=json', `--outputFile=${report}`, ...tests]
  spawnSync(process.execPath, words, { cwd: copy, stdio: 'ignore', timeout: 300_000 })
  if (!existsSync(report)) return null
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  return testResults.flatMap(({ message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim())
    return assertionResults.length === 0 ? [`(nothing ran: ${message.split('\n')[0]})`] : failed
  })
}

/** Lives that a mutant of the simulation has; the first that breaks something ends it. */
const LIVES = '1500'

/** What is broken as it was to be, and in which life; nothing when all are well. */
function brokenInLives(copy, breaks) {
  const words = ['scripts/simulate.js', '--seeds', LIVES, '--bail', breaks]
  const { stdout } = spawnSync(process.execPath, words, { cwd: copy, encoding: 'utf8', timeout: 900_000 })
  let life = ''
  return stdout.split('\n').flatMap((line) => {
    life = /^seed \d+(?= breaks:)/.exec(line)?.[0] ?? life
    return line.startsWith('  ') && new RegExp(breaks).test(line) && !/^ {2}\+/.test(line)
      ? [`${life}: ${line.trim()}`]
      : []
  })
}

const wanted = process.argv[2]
const chosen = MUTANTS.filter(({ name }) => wanted === undefined || name.includes(wanted))
const copy = copyOfTree()
const rows = []
try {
  const tested = [...new Set(chosen.flatMap(({ tests = [] }) => tests))]
  const before = tested.length === 0 ? [] : (failingTests(copy, tested) ?? ['the run itself'])
  if (before.length > 0) {
    console.log(`without any mutant these fail already, and say nothing: ${before.join('; ')}`)
    process.exitCode = 1
  }
  for (const { name, file, find, put, tests, breaks } of chosen) {
    const path = join(copy, file)
    const text = readFileSync(path, 'utf8')
    if (text.split(find).length !== 2) {
      rows.push([name, 'DOES NOT APPLY', `${file} has no one "${find.trim()}"`])
      continue
    }
    writeFileSync(
      path,
      text.replace(find, () => put),
    )
    const failing = () => failingTests(copy, tests)?.filter((test) => !before.includes(test)) ?? null
    const failed = breaks === undefined ? failing() : brokenInLives(copy, breaks)
    writeFileSync(path, text)
    if (failed === null) rows.push([name, 'DID NOT RUN', ''])
    else if (failed.length === 0) rows.push([name, 'GREEN', 'no test noticed'])
    else rows.push([name, 'red', failed.length === 1 ? failed[0] : `${failed[0]} (and ${failed.length - 1} more)`])
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
const width = Math.max(0, ...rows.map(([name]) => name.length))
for (const [name, state, by] of rows) console.log(`${name.padEnd(width)}  ${state.padEnd(5)}  ${by}`)
if (rows.some(([, state]) => state !== 'red')) process.exitCode = 1
