#!/usr/bin/env node
'use strict'
const { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script } = require('node:vm')

const dist = join(__dirname, '..', 'dist')
/** Their bundle is a third of the whole, which is 1 ms of each start. What it is built without it leaves to the whole. */
const DAILY = new Set([undefined, 'send', 'remind', 'inbox', 'who', 'whoami', 'history', 'backup'])

function readIfThere(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/**
 * Runs a bundle of `dist/` with V8's code cache: to compile it anew would cost every verb 8 ms. The first start keeps the cache, and
 * the first of each verb adds what it has compiled; V8 refuses one that another V8, or other flags, have made.
 * False: there is no such bundle.
 */
function run(name) {
  const file = join(dist, `${name}.cjs`)
  const source = readIfThere(file)
  if (source === undefined) return false
  /** It lies with the program, and goes with it: not in /tmp, where somebody else could have put something first. */
  const cacheFile = join(dist, `${name}.${process.versions.v8}-${process.arch}.cache`)
  const cache = readCache(cacheFile)
  const code = `(function(require,module,__filename,importModule){${source}\n})`
  const script = new Script(code, { filename: file, cachedData: cache?.data })
  const program = { exports: {} }
  script.runInThisContext()(require, program, file, importModule)
  const { main, processIo } = program.exports
  const io = processIo()
  let verb = ''
  const ran = (what) => {
    verb = what
  }
  const ended = (exit, brief) => {
    process.exitCode = exit
    const known = cache === undefined || script.cachedDataRejected ? [] : cache.ran
    if (!known.includes(verb)) keepCache({ file, source, cacheFile, script }, [...known, verb])
    // What would now be closed and taken apart piece by piece goes with the process as well.
    if (brief && io.isDrained()) process.exit()
  }
  main(process.argv.slice(2), io, { ran, ended }).then((exit) => exit === null && whole())
  return true
}

/**
 * The file holds the cache, the cache again, what has run with it, and four bytes with the length of that. Twice, because V8
 * looks at no checksum and would crash, at every start, on a bit that flipped. To compare takes no time; a module with a
 * checksum takes 3 ms to load.
 */
function readCache(cacheFile) {
  const bytes = readIfThere(cacheFile)
  if (bytes === undefined || bytes.length < 4) return undefined
  const end = bytes.length - 4
  const half = (end - bytes.readUInt32LE(end)) / 2
  if (!Number.isInteger(half) || half <= 0) return undefined
  const data = bytes.subarray(0, half)
  if (!data.equals(bytes.subarray(half, 2 * half))) return undefined
  return { data, ran: bytes.toString('utf8', 2 * half, end).split('\n') }
}

/** A script with a code cache cannot import by itself. */
function importModule(name) {
  return import(require('node:url').pathToFileURL(join(dist, name)).href)
}

/**
 * Where the program belongs to somebody else there is none, and all works without. It may have been built anew while this
 * one ran; V8 would take the cache of any text that is as long.
 */
function keepCache({ file, source, cacheFile, script }, ran) {
  const aside = `${cacheFile}.${process.pid}`
  try {
    accessSync(dist, constants.W_OK)
    if (!readFileSync(file).equals(source)) return
    const data = script.createCachedData()
    const names = Buffer.from(ran.join('\n'))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(names.length)
    writeFileSync(aside, Buffer.concat([data, data, names, length]))
    renameSync(aside, cacheFile)
  } catch {
    rmSync(aside, { force: true })
  }
}

function whole() {
  if (!run('im')) import('../scripts/build-once.js').then(() => run('im'))
}

if (!DAILY.has(process.argv[2]) || !run('daily')) whole()
