// Bundles each program into dist/: the command line as one file of CommonJS, all others as modules that share chunks.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Packages with native parts or data files of their own stay outside the bundle, and those that expect to find one
 * another at run time: `@peculiar/x509` wants the polyfill loaded before it.
 */
const external = [
  '@peculiar/x509',
  'reflect-metadata',
  'level',
  'classic-level',
  'keytar',
  'node-notifier',
  '@serenity-kit/opaque',
  'esbuild',
  // Ink asks for it only when told to, below.
  'react-devtools-core',
]

const entries = {
  chat: 'src/cli/chat/main.ts',
  daemon: 'src/daemon/main.ts',
  'login-child': 'src/daemon/login/login-child.ts',
  relay: 'src/relay/main.ts',
  'table-child': 'src/store/table-child.ts',
  bench: 'bench/main.ts',
  'ink-hello': 'bench/ink-hello.ts',
  'bare-relay': 'bench/bare-relay.ts',
  crowd: 'bench/crowd.ts',
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // The daemon of an older build gives way to it: what that one would load later is no more.
  define: { IM_BUILD: String(Date.now()) },
  // Comments and blanks cost the command line 10 ms of reading.
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
}

/** The verbs of every day; `bin/im.js` knows their first words. */
const DAILY =
  /\/(dashboard|send|remind|inbox|who|whoami|history|backup-(add|list|show|edit|cancel|send|dismiss|snooze|pause|resume|skip|undo))\.ts$/

/**
 * What verbs load when they run, and is in the file they begin with all the same: text that is not run costs little. Of
 * `daily.cjs` that is a third, 1 ms of a start: it throws where it is asked for a verb it is without, for the help, or to say
 * what is wrong with a line; `im.cjs` has all.
 */
const BUNDLES = {
  im: { isInside: (file) => /^src\/cli\/(?!chat\/)|^src\/(protocol|host)\//.test(file), isElsewhere: () => false },
  daily: {
    isInside: (file) => /^src\/cli\/(?!(chat|units)\/|client\/start-daemon)|^src\/(protocol|host)\//.test(file),
    isElsewhere: (file) => /^src\/cli\/(commands|parsing|help)\//.test(file) && !DAILY.test(file),
  },
}

/**
 * The file a verb begins with. One file, since each module of the ESM loader costs a millisecond, and CommonJS, since
 * starting that loader at all costs eight. What it imports lazily from elsewhere it loads from the modules beside it.
 * @returns those modules, by the name they have in dist/
 */
async function buildCommandLine(outdir, bundle) {
  const { isInside, isElsewhere } = BUNDLES[bundle]
  const lazy = {}
  await build({
    ...shared,
    entryPoints: { [bundle]: 'src/cli/main.ts' },
    outdir,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    minifyIdentifiers: true,
    minifySyntax: true,
    define: { ...shared.define, 'import.meta.url': 'here.url' },
    // Asked for by few verbs; to make it costs every start 0.3 ms.
    banner: { js: '"use strict";const here={get url(){return require("node:url").pathToFileURL(__filename).href}};' },
    external,
    plugins: [
      {
        name: 'lazy',
        setup(builder) {
          builder.onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, pluginData }) => {
            if (kind !== 'dynamic-import' || pluginData === 'lazy' || path.startsWith('node:')) return undefined
            if (external.includes(path)) return undefined
            const found = await builder.resolve(path, { kind, resolveDir, pluginData: 'lazy' })
            const file = relative(root, found.path)
            if (isElsewhere(file)) return { path: file, namespace: 'elsewhere' }
            if (isInside(file)) return undefined
            const name =
              Object.keys(entries).find((key) => entries[key] === file) ?? `lazy/${path.replace(/^[./]+|\.ts$|@/g, '')}`
            lazy[name] = file
            return { path: `./${name}.js`, external: true }
          })
          builder.onLoad({ filter: /.*/, namespace: 'elsewhere' }, () => ({
            contents: "import { Elsewhere } from './src/cli/elsewhere.ts'; throw new Elsewhere()",
            resolveDir: root,
          }))
        },
      },
    ],
  })
  // A script that has a code cache cannot import by itself; bin/start.js hands it a function that does.
  const file = `${outdir}/${bundle}.cjs`
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/\bimport\("\.\//g, 'importModule("./'))
  return lazy
}

// Built aside and put in place whole, so that a program that starts meanwhile never finds half of it.
const aside = `${root}dist-${process.pid}`
mkdirSync(aside) // not a temporary directory: those are 0700, and other users of the machine could not run it
try {
  const lazy = { ...(await buildCommandLine(aside, 'im')), ...(await buildCommandLine(aside, 'daily')) }
  const present = Object.entries({ ...entries, ...lazy }).filter(([, file]) => existsSync(root + file))
  await build({
    ...shared,
    entryPoints: Object.fromEntries(present),
    outdir: aside,
    splitting: true,
    format: 'esm',
    external,
    // React as users get it, and no tools that Ink loads for developers.
    define: { ...shared.define, 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    // Ink draws nothing where CI is set; a person who chats is in front of a terminal whatever the environment says.
    alias: { 'is-in-ci': `${root}src/cli/chat/never-in-ci.ts` },
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  })
  putInPlace(aside, `${root}dist`)
} catch (error) {
  rmSync(aside, { recursive: true, force: true })
  throw error
}

/** Another build may put its own in place between the two steps; then this one's turn comes again. */
function putInPlace(from, to, tries = 3) {
  try {
    rmSync(to, { recursive: true, force: true })
    renameSync(from, to)
  } catch (error) {
    if (tries === 1) throw error
    putInPlace(from, to, tries - 1)
  }
}
