// Bundles each program into dist/. Splitting keeps what is imported lazily out of the command line's start.
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Packages with native parts or data files of their own stay outside the bundle. */
const external = ['level', 'classic-level', 'keytar', 'node-notifier', '@serenity-kit/opaque', 'esbuild']

const entries = {
  cli: 'src/cli/main.ts',
  daemon: 'src/daemon/main.ts',
  relay: 'src/relay/main.ts',
  bench: 'bench/main.ts',
}

rmSync(`${root}dist`, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(root + file))),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external,
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  logLevel: 'warning',
})
