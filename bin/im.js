#!/usr/bin/env node
import { existsSync } from 'node:fs'
import * as module from 'node:module'

const program = new URL('../dist/cli.js', import.meta.url)
if (!existsSync(program)) {
  process.stderr.write('im: building once…\n')
  await import('../scripts/build.js').catch(({ message }) => {
    process.stderr.write(`im: it cannot be built: ${message} [INTERNAL]\n    npm ci, where it was cloned\n`)
    process.exit(1)
  })
}
module.enableCompileCache?.() // from Node 22 on: it starts a third faster
const { main, processIo } = await import(program.href)
process.exitCode = await main(process.argv.slice(2), processIo())
