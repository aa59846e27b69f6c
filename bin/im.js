#!/usr/bin/env node
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
if (!existsSync(`${dist}cli.js`)) await import('../scripts/build-once.js')
// From Node 22 on: it starts a third faster. Not in /tmp, where somebody else could have put something first.
module.enableCompileCache?.(`${dist}.cache`)
const { main, processIo } = await import('../dist/cli.js')
process.exitCode = await main(process.argv.slice(2), processIo())
