/** The reference and the manuals say what the tables say; `npm run docs` writes them. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandsDoc } from '../../scripts/commands-doc.ts'
import { manPages } from '../../scripts/man-pages.ts'
import { TOPICS } from '../../src/cli/help/topics.ts'
import { FLAGS, GLOBAL_FLAGS } from '../../src/cli/tree/flags.ts'
import { NOUNS, VERBS } from '../../src/cli/tree/index.ts'
import { IM_VERSION } from '../../src/protocol/version.ts'
import { lacks } from '../support/real-parts.ts'
import { ROOT, sourceFiles } from '../support/source-files.ts'

const pages = manPages(IM_VERSION)

it('docs/commands.md is what the tree of verbs says', async () => {
  await expect(commandsDoc()).toMatchFileSnapshot('../../docs/commands.md')
})

describe('the manuals', () => {
  it.each(pages)('$name is what the tables say', async ({ name, text }) => {
    await expect(text).toMatchFileSnapshot(`../../docs/man/${name}`)
  })

  it('are all there are', () => {
    expect(readdirSync(join(ROOT, 'docs/man')).sort()).toEqual(pages.map(({ name }) => name).sort())
  })

  it.skipIf(lacks('mandoc'))('are understood by mandoc without a warning', () => {
    const files = pages.map(({ name }) => join(ROOT, 'docs/man', name))
    expect(execFileSync('mandoc', ['-T', 'lint', '-W', 'warning', ...files], { stdio: 'pipe' }).toString()).toBe('')
  })
})

describe('documents and hints', () => {
  /** What follows `im` in a command that is quoted, up to where the quote or another command begins. */
  const quoted = (text: string, mark: RegExp) => [...text.matchAll(mark)].map(([, line = '']) => line)
  const inDocuments = sourceFiles('docs', /\.md$/).flatMap(({ path, text }) =>
    quoted(text, /`im ([a-z][^`|;]*)/g).map((line) => ({ path, line })),
  )
  const inHints = sourceFiles('src', /\.ts$/).flatMap(({ path, text }) =>
    quoted(text, /hint: .*?(?<!the )\bim ([a-z][^'`;,]*)/g).map((line) => ({ path, line })),
  )

  it.each([
    ['documents', inDocuments, 150],
    ['hints', inHints, 50],
  ])('%s name verbs and flags that there are', (_, lines, atLeast) => {
    expect(lines.length).toBeGreaterThan(atLeast)
    expect(lines.filter(({ line }) => !isUnderstood(line))).toEqual([])
  })

  it.each(['backups list', 'backup add WHO --sent', 'friend hidden WHO', 'whoami --all'])(
    'im %s would be caught',
    (line) => {
      expect(isUnderstood(line)).toBe(false)
    },
  )
})

/** The verb, or the noun where none of its verbs is meant, and flags of it. */
function isUnderstood(line: string): boolean {
  const words = line.split(/\s+/)
  const named = [3, 2, 1].map((count) => words.slice(0, count).join(' '))
  const verb = named.flatMap((name) => VERBS.find((one) => one.name === name) ?? []).at(0)
  if (verb === undefined) return NOUNS.some(({ name }) => name === words[0]) && !/^[a-z]/.test(words[1] ?? '')
  const known = [...(verb.flags ?? []), ...GLOBAL_FLAGS].map((flag) => FLAGS[flag].spelling.split(/[ ,]+/))
  const flags = line.split(' -- ')[0]?.match(/(?<=\s)--[a-z-]+/g) ?? []
  return flags.every((flag) => known.some((spellings) => spellings.includes(flag)))
}

it('every verb has an example that names it, and every topic a line for its list', () => {
  expect(VERBS.filter(({ name, example }) => !example.includes(`im ${name}`)).map(({ name }) => name)).toEqual([])
  expect(Object.values(TOPICS).filter(({ about, text }) => about === '' || text().trim() === '')).toEqual([])
})
