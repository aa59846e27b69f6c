// Bundles each program into dist/. Splitting keeps what is imported lazily out of the command line's start.
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
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
]

const entries = {
  cli: 'src/cli/main.ts',
  daemon: 'src/daemon/main.ts',
  'login-child': 'src/daemon/login-child.ts',
  relay: 'src/relay/main.ts',
  bench: 'bench/main.ts',
  'bare-relay': 'bench/bare-relay.ts',
}

// Built aside and put in place whole, so that a program that starts meanwhile never finds half of it.
const aside = mkdtempSync(`${root}dist-`)
try {
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(root + file))),
    outdir: aside,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external,
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    // Names stay, for the traces of --debug; comments and blanks cost the command line 10 ms of reading.
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
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
