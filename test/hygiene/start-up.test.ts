/** What a verb loads before it has done anything: nothing of weight. */
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

/** Packages of every start; each costs milliseconds of every verb. */
const PACKAGES = ['env-paths', 'is-safe-filename']

/** Of Node itself: what it has loaded anyway, and the socket. node:crypto, fs/promises, child_process cost 2-5 ms each. */
const BUILTINS = [
  'node:buffer',
  'node:events',
  'node:fs',
  'node:net',
  'node:os',
  'node:path',
  'node:process',
  'node:tty',
  'node:url',
]

/** The verbs scripts and prompts call most. */
const DAILY = [
  'backup-list',
  'backup-show',
  'backup-cancel',
  'dashboard',
  'inbox',
  'remind',
  'send',
  'who',
  'whoami',
  'presence',
  'status',
]

const MAIN = 'src/cli/main.ts'
const entryPoints = [MAIN, ...DAILY.map((verb) => `src/cli/commands/${verb}.ts`)]
const { metafile } = await build({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  write: false,
  // Ink names it and loads it for its developers alone.
  external: ['react-devtools-core'],
  metafile: true,
})

describe.each(entryPoints)('the command line on its way to %s', (entry) => {
  const { inputs, external } = staticImports([MAIN, entry])

  it('loads two small packages', () => {
    const packages = inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    expect([...new Set(packages)].sort()).toEqual(PACKAGES)
  })

  it('loads of Node itself only what is light', () => {
    expect(external.filter((name) => !BUILTINS.includes(name))).toEqual([])
  })
})

/** What these files import, and what that imports, and so on: all that runs before their first line. */
function staticImports(from: string[]): { inputs: string[]; external: string[] } {
  const inputs = new Set(from)
  const external = new Set<string>()
  for (const file of inputs) {
    for (const { path, kind, external: outside } of metafile.inputs[file]?.imports ?? []) {
      if (kind === 'dynamic-import') continue
      if (outside) external.add(path)
      else inputs.add(path)
    }
  }
  return { inputs: [...inputs], external: [...external] }
}
