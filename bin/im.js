#!/usr/bin/env node
'use strict'
const { readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script } = require('node:vm')

const dist = join(__dirname, '..', 'dist')
const file = join(dist, 'im.cjs')
/** It lies with the program, and goes with it: not in /tmp, where somebody else could have put something first. */
const cacheFile = join(dist, `im.${process.versions.v8}-${process.arch}.cache`)

function readIfThere(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/**
 * Runs dist/im.cjs with V8's code cache: to compile it anew would cost every verb 8 ms. The first start keeps the cache; V8
 * refuses one that another V8, or other flags, have made.
 */
function run(source) {
  const cachedData = intact(readIfThere(cacheFile))
  const code = `(function(require,module,__filename,importModule){${source}\n})`
  const script = new Script(code, { filename: file, cachedData })
  const program = { exports: {} }
  script.runInThisContext()(require, program, file, importModule)
  const { main, processIo } = program.exports
  main(process.argv.slice(2), processIo()).then((exit) => {
    process.exitCode = exit
    if (cachedData === undefined || script.cachedDataRejected) keepCache(script.createCachedData())
  })
}

/**
 * The file holds the cache twice: V8 looks at no checksum and would crash, at every start, on a bit that flipped. To
 * compare takes no time; a module with a checksum takes 3 ms to load.
 */
function intact(twice) {
  if (twice === undefined || twice.length % 2 !== 0) return undefined
  const data = twice.subarray(0, twice.length / 2)
  return data.equals(twice.subarray(data.length)) ? data : undefined
}

/** A script with a code cache cannot import by itself. */
function importModule(name) {
  return import(require('node:url').pathToFileURL(join(dist, name)).href)
}

/** Where the program belongs to somebody else there is none, and all works without. */
function keepCache(data) {
  const aside = `${cacheFile}.${process.pid}`
  try {
    writeFileSync(aside, Buffer.concat([data, data]))
    renameSync(aside, cacheFile)
  } catch {
    rmSync(aside, { force: true })
  }
}

const source = readIfThere(file)
if (source !== undefined) run(source)
else import('../scripts/build-once.js').then(() => run(readFileSync(file)))
