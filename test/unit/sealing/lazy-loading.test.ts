import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const room = new URL('../../../src/sealing/', import.meta.url)

it('loads OPAQUE and HPKE on use only, so that a daemon at rest does not carry them', () => {
  const files = readdirSync(room).filter((name) => name.endsWith('.ts'))
  expect(files).toContain('hpke.ts')
  for (const name of files) {
    expect(readFileSync(new URL(name, room), 'utf8')).not.toMatch(/from '@(hpke|serenity-kit)\//)
  }
})
