import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')

/** Makes a program for plain node from a file of test/support; it lies in `dir` and finds the project's packages. */
export async function bundleChild(dir: string, name: string): Promise<string> {
  const outfile = join(dir, `${name}.mjs`)
  const entry = join(root, 'test', 'support', `${name}.ts`)
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' })
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'), 'dir')
  return outfile
}
