// npm run torture [-- KILLS]: the kill loops of the suite, kill -9 over relay and daemon processes, a thousand in all.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const kills = Number(process.argv[2] ?? 1000)
const half = Math.ceil(kills / 2)
const env = { ...process.env, IM_RELAY_KILLS: `${half}`, IM_DAEMON_KILLS: `${kills - half}` }
const tests = ['test/scenario/relay-kill.test.ts', 'test/scenario/daemon-kill.test.ts']
const since = Date.now()
const cwd = fileURLToPath(new URL('..', import.meta.url))
// One after the other: each is to have the machine for itself.
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers=1', ...tests]
const child = spawn(process.execPath, vitest, { cwd, env, stdio: 'inherit' })
child.once('exit', (code) => {
  const minutes = ((Date.now() - since) / 60_000).toFixed(1)
  console.log(`${kills} kills in ${minutes} min: ${code === 0 ? 'nothing acknowledged lost, nothing twice' : 'FAILED'}`)
  process.exitCode = code ?? 1
})
