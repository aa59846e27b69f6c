// npm run mutants [-- NAME]: takes one mechanism at a time out of a copy of the tree and says which test notices.
// A mutant that no test notices, or that no longer applies, is an error.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is taken out where, by which text, and the tests that should notice, or what simulated lives should break. */
const MUTANTS = [
  {
    name: 'drop sync',
    file: 'src/store/level-engine.ts',
    find: '{ sync: true }',
    put: '{ sync: false }',
    tests: ['test/unit/store/level-engine.test.ts'],
  },
  {
    name: 'drop the compare-and-set of a firing',
    file: 'src/relay/firing/firing.ts',
    find: "  if (!isLive(record.state) || record.occurrence !== request.occurrence) return not(result('already', record))\n",
    put: '',
    tests: ['test/unit/relay/firing.test.ts', 'test/unit/relay/backups.test.ts'],
  },
  {
    name: 'drop the compare-and-set of the store',
    file: 'src/store/account-store.ts',
    find: '      if (heads.some((head, i) => head.version !== readers[i]?.version)) continue\n',
    put: '',
    tests: ['test/contract/store.test.ts', 'test/unit/store'],
  },
  {
    name: 'drop dedupe',
    file: 'src/relay/account-tx.ts',
    find: '    const written = this.#sent.get(id)\n',
    put: "    if (id !== '') return undefined\n    const written = this.#sent.get(id)\n",
    tests: ['test/unit/relay/messages.test.ts', 'test/unit/relay/firing.test.ts'],
  },
  {
    name: 'double the timer',
    file: 'src/daemon/firing/scheduler.ts',
    find: '    if (asked?.rev === rev && asked.occurrence === occurrence) return\n',
    put: '',
    tests: ['test/unit/daemon/scheduler.test.ts'],
  },
  {
    name: 'acknowledge before the write',
    file: 'src/store/account-store.ts',
    find: '      if (synced !== undefined) await synced\n',
    put: '',
    tests: ['test/contract/store.test.ts', 'test/unit/store'],
  },
  {
    name: 'skip the permission re-check',
    file: 'src/relay/firing/firing.ts',
    find: '  if (refusal !== null) return failed(me, record, refusal)\n',
    put: '',
    tests: ['test/unit/relay/firing.test.ts'],
  },
  {
    name: 'first snapshot counted as an edge, by the engine',
    file: 'src/domain/conditions.ts',
    find: 'fact.onlineSince > armedAt',
    put: 'fact.onlineSince > 0',
    tests: ['test/unit/domain/engine.test.ts', 'test/unit/relay/firing.test.ts'],
  },
  {
    name: 'first snapshot counted as an edge, by the daemon',
    file: 'src/daemon/reactions.ts',
    find: '  core.presence.snapshot(me, friends)\n',
    put: '  for (const friend of friends) presenceChanged(core, friend)\n  core.presence.snapshot(me, friends)\n',
    tests: ['test/scenario/first-snapshot.test.ts'],
  },
  {
    name: 'send to keys that are no more',
    file: 'src/relay/firing/firing.ts',
    find: '  if (!canOpen(me, other, record.content)) {\n',
    put: '  if (record.id === null) {\n',
    tests: ['test/unit/relay/seals.test.ts', 'test/scenario/changed-keys.test.ts'],
  },
  {
    name: 'never look whether a window is open',
    file: 'src/domain/engine.ts',
    find: '  if (!windowOpen(window, now)) {\n',
    put: '  if (now < 0) {\n',
    tests: ['test/unit/domain/engine.test.ts', 'test/unit/domain/engine-property.test.ts'],
  },
  {
    name: 'hold nothing after a restore',
    file: 'src/relay/durability/restored.ts',
    find: '  return mayHaveFired(record, now) ? ',
    put: '  return mayHaveFired(record, now) && now < 0 ? ',
    tests: ['test/unit/relay/restored.test.ts'],
  },
  // From here on it is the simulation that has to notice: each promise it looks at has a fault of its own.
  {
    name: 'P1: answer before the write',
    file: 'src/store/account-store.ts',
    find: '      if (synced !== undefined) await synced\n',
    put: '',
    breaks: 'P1',
  },
  {
    name: 'P2: send by hand what was sent already',
    file: 'src/relay/firing/backup-change.ts',
    find: '  const present = { ...record, resumeAt: null }\n',
    put: '  const present = { ...record, resumeAt: 0 }\n',
    breaks: 'P2',
  },
  {
    name: 'P3: nobody looks at a deadline',
    file: 'src/domain/engine.ts',
    find: '  if (elseAt !== null && now >= elseAt && reply !== ',
    put: '  if (elseAt !== null && now < 0 && reply !== ',
    breaks: 'P3',
  },
  {
    name: 'P4: fire what was cancelled',
    file: 'src/relay/handlers/backup-step.ts',
    find: '    if (next !== record) account.putBackup(next)\n',
    put: "    if (next !== record && next.state !== 'cancelled') account.putBackup(next)\n",
    breaks: 'P4',
  },
  {
    name: 'P5: skip an entry of the log',
    file: 'src/relay/connections/session.ts',
    find: '      cursor = last.seq\n',
    put: '      cursor = last.seq + (last.seq === 14 ? 1 : 0)\n',
    breaks: 'P5',
  },
  {
    name: 'a reply changes nothing',
    file: 'src/domain/engine.ts',
    find: "  if (plan.unless.reply === null) return 'none'\n",
    put: "  if (plan.unless.reply !== 'none') return 'none'\n",
    breaks: 'although they had replied',
  },
  {
    name: 'quiet hours hold nothing',
    file: 'src/domain/engine.ts',
    find: '  const hours = sends && !onTime ? facts.quiet() : []\n',
    put: '  const hours = sends && now < 0 ? facts.quiet() : []\n',
    breaks: 'in quiet hours',
  },
  {
    name: 'nothing is ever late',
    file: 'src/domain/engine.ts',
    find: '  const isLate = now - endsAt > late.graceMs\n',
    put: '  const isLate = now < 0\n',
    breaks: 'although it was late',
  },
  {
    name: 'a window gates nothing',
    file: 'src/domain/engine.ts',
    find: '  if (!windowOpen(window, now)) {\n',
    put: '  if (now < 0) {\n',
    breaks: 'while its window was closed',
  },
  {
    name: 'nothing expires',
    file: 'src/domain/engine.ts',
    find: '  if (end !== null && now >= end) return',
    put: '  if (end !== null && now < 0) return',
    breaks: 'expired',
  },
  {
    name: 'no countdown',
    file: 'src/domain/engine.ts',
    find: '  const endsAt = dueSince + countdown\n',
    put: '  const endsAt = dueSince + countdown * 0\n',
    breaks: 'before its countdown was over',
  },
  {
    name: 'send to whoever is no friend',
    file: 'src/relay/firing/firing.ts',
    find: '  if (refusal !== null) return failed(me, record, refusal)\n',
    put: '',
    breaks: 'permission:',
  },
  {
    name: 'send by itself to keys that are no more',
    file: 'src/relay/firing/firing.ts',
    find: '  if (!canOpen(me, other, record.content)) {\n',
    put: '  if (record.id === null) {\n',
    breaks: 'keys:',
  },
]

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
