/** The reference and the manuals say what the tables say; `npm run docs` writes them. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandsDoc } from '../../scripts/commands-doc.ts'
import { manPages } from '../../scripts/man-pages.ts'
import { TOPICS } from '../../src/cli/help/topics.ts'
import { VERBS } from '../../src/cli/tree/index.ts'
import { IM_VERSION } from '../../src/protocol/version.ts'
import { lacks } from '../support/real-parts.ts'
import { ROOT } from '../support/source-files.ts'

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

it('every verb has an example that names it, and every topic a line for its list', () => {
  expect(VERBS.filter(({ name, example }) => !example.includes(`im ${name}`)).map(({ name }) => name)).toEqual([])
  expect(Object.values(TOPICS).filter(({ about, text }) => about === '' || text().trim() === '')).toEqual([])
})
