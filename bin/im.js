#!/usr/bin/env node
import { existsSync } from 'node:fs'
import * as module from 'node:module'

const program = new URL('../dist/cli.js', import.meta.url)
if (!existsSync(program)) {
  process.stderr.write('im: building once…\n')
  await import('../scripts/build.js')
}
// From Node 22 on; a third of the start.
module.enableCompileCache?.()
const { main, processIo } = await import(program.href)
process.exitCode = await main(process.argv.slice(2), processIo())
