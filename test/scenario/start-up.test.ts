/** How the program starts: its code cache, and what it loads from the modules beside it. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { IM_VERSION } from '../../src/protocol/version.ts'
import { SELF } from '../support/cli.ts'
import { ROOT } from '../support/source-files.ts'
import { tempDir } from '../support/temp-dir.ts'
import { world } from '../support/world.ts'

function im(program: string, args: readonly string[], home: string) {
  const env = { ...process.env, IM_HOME: home, IM_NO_AUTOSTART: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

it('keeps a code cache at its first start, and does without one that is damaged', async () => {
  const place = await tempDir()
  const files = ['bin/im.js', 'bin/package.json', 'dist/im.cjs']
  for (const file of files) {
    mkdirSync(dirname(join(place, file)), { recursive: true })
    copyFileSync(join(ROOT, file), join(place, file))
  }
  const start = () => im(join(place, 'bin/im.js'), ['--version'], place)
  const dist = () => readdirSync(join(place, 'dist')).filter((name) => name !== 'im.cjs')
  const works = { status: 0, stdout: `${IM_VERSION}\n`, stderr: '' }
  expect(start()).toEqual(works)
  const [cache = ''] = dist()
  const path = join(place, 'dist', cache)
  const { mtimeMs, size } = statSync(path)
  expect(start()).toEqual(works)
  expect(statSync(path)).toMatchObject({ mtimeMs, size })
  const other = im(join(place, 'bin/im.js'), ['daemon', 'logs'], place)
  expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining('BAD_FILE') })
  const more = statSync(path)
  expect(more.size).toBeGreaterThan(size)
  im(join(place, 'bin/im.js'), ['daemon', 'logs'], place)
  expect(start()).toEqual(works)
  expect(statSync(path)).toMatchObject({ mtimeMs: more.mtimeMs, size: more.size })
  const whole = readFileSync(path)
  const flipped = [5_915, 48_798, 99_994, whole.length - 7].map((at) => {
    const bytes = Buffer.from(whole)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at)
    return bytes
  })
  for (const damaged of [Buffer.alloc(0), Buffer.from('no cache'), whole.subarray(0, 100), ...flipped]) {
    writeFileSync(path, damaged)
    expect(start()).toEqual(works)
    expect(statSync(path).size).toBeGreaterThan(1_000)
  }
  expect(dist()).toEqual([cache])
})

it('keeps no code cache of a program that was built anew while it ran', async () => {
  const place = await tempDir()
  for (const file of ['bin/im.js', 'bin/package.json', 'dist/im.cjs']) {
    mkdirSync(dirname(join(place, file)), { recursive: true })
    copyFileSync(join(ROOT, file), join(place, file))
  }
  const file = join(place, 'dist/im.cjs')
  // As long as before, so that V8 would take one for the other; it is replaced while the first one runs.
  const rebuild = `require('node:fs').writeFileSync(__filename,require('node:fs').readFileSync(__filename,'utf8').replaceAll('ran=1;','ran=2;'));`
  writeFileSync(
    file,
    `var ran=1;if(ran===1){${rebuild}}\n${readFileSync(file, 'utf8')}\n;process.stdout.write(String(ran));`,
  )
  const start = () => im(join(place, 'bin/im.js'), ['--version'], place)
  expect(start()).toEqual({ status: 0, stdout: `1${IM_VERSION}\n`, stderr: '' })
  expect(start()).toEqual({ status: 0, stdout: `2${IM_VERSION}\n`, stderr: '' })
  expect(start()).toEqual({ status: 0, stdout: `2${IM_VERSION}\n`, stderr: '' })
})

it('knows the errors of the copies that lazily loaded modules have', async () => {
  const home = await tempDir()
  const config = join(home, 'relay.toml')
  writeFileSync(config, 'nonsense = 1\n')
  const program = SELF[1]
  expect(im(program, ['when', 'whenever'], home)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('BAD_TIME'),
  })
  const start = ['relay', 'start', '--data', join(home, 'relay'), '--config', config, '--listen', '127.0.0.1:0']
  expect(im(program, start, home)).toMatchObject({ status: 2, stderr: expect.stringContaining('BAD_FILE') })
})

it('prints into a pipe that is full, and stands still for nobody, once it can', () => {
  const script = `
import fcntl, os, subprocess, sys
taken, given = os.pipe()
fcntl.fcntl(given, fcntl.F_SETFL, os.O_NONBLOCK)
filled = 0
try:
  while True: filled += os.write(given, b'x' * 4096)
except BlockingIOError: pass
child = subprocess.Popen(sys.argv[1:], stdout=given)
os.close(given)
try:
  child.wait(0.5)
  print('ended before anybody read')
except subprocess.TimeoutExpired: pass
rest = b''
while True:
  piece = os.read(taken, 65536)
  if not piece: break
  rest += piece
print(child.wait(), rest[filled:].decode().strip())
`
  const { stdout, stderr } = spawnSync('python3', ['-c', script, ...SELF, '--version'], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: `0 ${IM_VERSION}\n`, stderr: '' })
})

it('loads no more of Node for a verb that writes than for one that only asks', async () => {
  const { home, im: run, register, relayUrl } = await world()
  await register('ana')
  await run('ana', ['whoami'])
  const tell = join(home, 'tell.cjs')
  writeFileSync(tell, "process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))")
  const env = { ...process.env, IM_HOME: home, IM_PROFILE: 'ana', IM_RELAY: relayUrl, IM_NO_INPUT: '1' }
  const loaded = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, ['-r', tell, ...SELF.slice(1), ...args], {
      env,
      encoding: 'utf8',
    })
    expect({ args, status }).toEqual({ args, status: 0 })
    return stderr.split('\n').filter((line) => line.startsWith('NativeModule '))
  }
  const asks = new Set(loaded('whoami'))
  expect(asks.size).toBeGreaterThan(50)
  for (const verb of [['send', 'me', 'x'], ['remind', 'x', '--in', '3d'], ['backup', 'list'], ['inbox'], ['who']]) {
    expect({ verb, more: loaded(...verb).filter((name) => !asks.has(name)) }).toEqual({ verb, more: [] })
  }
}, 60_000)

it('reads the small bundle for the verbs of every day, and the whole for what that one is without', async () => {
  const { home, im: run, register, relayUrl } = await world()
  await register('ana')
  const [id = ''] = (await run('ana', ['remind', 'x', '--in', '3d'])).stdout.split('\n')
  const tell = join(home, 'tell.cjs')
  writeFileSync(
    tell,
    `const fs = require('node:fs')
const { readFileSync } = fs
const read = new Set()
fs.readFileSync = (path, ...rest) => {
  if (String(path).endsWith('.cjs')) read.add(require('node:path').basename(path))
  return readFileSync(path, ...rest)
}
process.on('exit', () => process._rawDebug('read ' + [...read]))`,
  )
  const env = { ...process.env, IM_HOME: home, IM_PROFILE: 'ana', IM_RELAY: relayUrl, IM_NO_INPUT: '1' }
  const read = (...args: string[]) => {
    const { stderr } = spawnSync(process.execPath, ['-r', tell, ...SELF.slice(1), ...args], { env, encoding: 'utf8' })
    return stderr.split('\n').findLast((line) => line.startsWith('read '))
  }
  const daily = [
    [],
    ['whoami'],
    ['who'],
    ['inbox'],
    ['history', 'me'],
    ['send', 'me', 'x'],
    ['remind', 'x', '--in', '3d'],
  ]
  const ofBackups = [['list'], ['show', id], ['edit', id, 'y'], ['pause', id], ['resume', id], ['cancel', id], ['undo']]
  for (const args of [...daily, ...ofBackups.map((words) => ['backup', ...words])]) {
    expect({ args, read: read(...args) }).toEqual({ args, read: 'read daily.cjs' })
  }
  for (const args of [['friend', 'list'], ['--version']])
    expect({ args, read: read(...args) }).toEqual({ args, read: 'read im.cjs' })
  for (const args of [['send', '-h'], ['send', '--bogus'], ['backup'], ['backup', 'export']]) {
    expect({ args, read: read(...args) }).toEqual({ args, read: 'read daily.cjs,im.cjs' })
  }
}, 60_000)

it('says that it could not write, and does not end as if it had', () => {
  const full = (words: string) =>
    spawnSync('sh', ['-c', `exec "$@" ${words} > /dev/full`, 'sh', ...SELF], { encoding: 'utf8' })
  for (const words of ['--version', 'help', 'backup -h']) {
    const { status, stderr } = full(words)
    expect({ words, status, stderr }).toEqual({
      words,
      status: 2,
      stderr: expect.stringMatching(/^im: the output cannot be written: ENOSPC.*BAD_FILE/),
    })
  }
})
