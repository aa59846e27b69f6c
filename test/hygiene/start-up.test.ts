/** What every `im` loads before it knows which verb is meant: nothing of weight. */
import { build } from 'esbuild'
import { expect, it } from 'vitest'

/** Packages that are loaded at every start; each costs milliseconds of every verb. */
const ALLOWED = ['commander', 'env-paths']

it('the command line loads two packages before its verb does', async () => {
  const { metafile } = await build({
    entryPoints: ['src/cli/main.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    write: false,
    metafile: true,
  })
  const loaded = new Set(['dist/main.js'])
  for (const file of loaded) {
    for (const { path, kind } of metafile.outputs[file]?.imports ?? []) {
      if (kind === 'import-statement') loaded.add(path)
    }
  }
  const packages = [...loaded].filter((path) => !path.startsWith('dist/') && !path.startsWith('node:'))
  expect(packages.sort()).toEqual(ALLOWED)
})
