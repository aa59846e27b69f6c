/** Rules about the repository that no compiler and no linter holds. */
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, sourceFiles } from '../support/source-files.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const manifest = JSON.parse(read('package.json'))
const runtimePackages = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
/** This file names what it forbids. */
const OWN = 'test/hygiene/repo.test.ts'
const code = ['src', 'test', 'bench', 'bin', 'scripts'].flatMap((folder) => sourceFiles(folder, /\.(tsx?|js|py)$/))

/** `path:line: text` of every line the pattern fits. */
function lines(files: readonly { path: string; text: string }[], pattern: RegExp): string[] {
  return files
    .filter(({ path }) => path !== OWN)
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
    )
}

describe('the source', () => {
  it('opens each room, and each room within, with a README of a few lines', () => {
    const rooms = new Set(sourceFiles('src').map(({ path }) => posix.dirname(path)))
    for (const room of rooms) {
      const length = read(`${room}/README.md`).trim().split('\n').length
      expect(length, `${room}/README.md`).toBeLessThanOrEqual(8)
    }
  })

  it('has no file over 400 lines', () => {
    const long = sourceFiles('src').filter(({ text }) => text.split('\n').length > 400)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('has file names in kebab-case', () => {
    const odd = code.filter(({ path }) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.test)?\.(tsx?|js|py)$/.test(path))
    expect(odd.map(({ path }) => path)).toEqual([])
  })

  it('keeps no state in modules', () => {
    expect(lines(sourceFiles('src'), /^(export )?(let|var) /)).toEqual([])
  })

  it('starts no shell', () => {
    expect(lines(sourceFiles('src'), /shell: true|\bexec(Sync)?\b.*from 'node:child_process'/)).toEqual([])
  })

  it('says who will do what is left to do', () => {
    expect(lines(code, /\b(TODO|FIXME)\b(?!\([a-z]+\): )/)).toEqual([])
  })
})

describe('the tests', () => {
  it('are all switched on, and skipped only where lacks() says what is missing', () => {
    const tests = code.filter(({ path }) => path.endsWith('.test.ts'))
    expect(lines(tests, /\b(it|test|describe|suite)(\.\w+)*\.(only|skip|todo|fails)\b/)).toEqual([])
    expect(lines(tests, /\.(skipIf|runIf)\((?!lacks\w*\()/)).toEqual([])
  })

  it('of a room lie in the folder of its name', () => {
    const homeless = sourceFiles('test/unit')
      .map(({ path }) => posix.dirname(path))
      .filter((folder) => !['test/unit/support', 'test/unit/bench'].includes(folder))
      .filter((folder) => !existsSync(join(ROOT, folder.replace('test/unit', 'src'))))
    expect([...new Set(homeless)]).toEqual([])
  })
})

describe('the documents', () => {
  it('name files that are there', () => {
    const documents = [...sourceFiles('docs', /\.md$/), ...sourceFiles('src', /\.md$/)]
    const named = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:src|test|scripts|bench|bin|docs)\/[\w./-]+)`/g)].map(([, file = '']) => ({ path, file })),
    )
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([])
  })
})

describe('the packages', () => {
  it('are at most 26 at run time, each with its reason in docs/decisions', () => {
    const decisions = sourceFiles('docs/decisions', /\.md$/)
      .map(({ text }) => text)
      .join('\n')
    expect(runtimePackages.length).toBeLessThanOrEqual(26)
    expect(runtimePackages.filter((name) => !decisions.includes(`\`${name}\``))).toEqual([])
  })

  it('come from whatever registry is configured: the lockfile names none', () => {
    expect(read('package-lock.json')).not.toContain('"resolved": "http')
    expect(read('.npmrc')).not.toMatch(/^\s*(@[\w-]+:)?registry\s*=/m)
  })

  it('need no install script of ours', () => {
    const hooks = Object.keys(manifest.scripts).filter((name) => /^(pre|post)|^(install|prepare)$/.test(name))
    expect(hooks).toEqual([])
  })
})
