import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { nodeTimers } from '../src/host/node-host.ts'

/** Clock ticks a second in /proc: 100 on every Linux there is. */
const TICKS_PER_SECOND = 100

/** User and system CPU seconds of a process so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident bytes of a process now. */
export function rssBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) * 1024
}

/** Files, sockets and the like that a process has open now. */
export function handles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

export const pause = (ms: number) => new Promise<void>((resolve) => void nodeTimers.after(ms, resolve))

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export interface Server {
  pid: number
  /** The first line it printed, as JSON. */
  ready: { url: string; metrics: string | null }
  stop(): Promise<void>
}

/** A real relay in `dir/relay`, without the budgets that would slow a benchmark. `config`: further lines of relay.toml. */
export async function startRelay(dir: string, config = ''): Promise<Server> {
  const file = join(dir, 'relay.toml')
  const limits = '[limits]\nchangesPerSecond = 1000000\nchangesBurst = 1000000\n'
  await writeFile(file, `loginsPerMinute = 1000000\n${config}${limits}`)
  const args = ['bin/im.js', 'relay', 'start', '--data', join(dir, 'relay'), '--listen', '127.0.0.1:0']
  return startServer([...args, '--config', file, '--json'])
}

/** With IM_BENCH_PROFILE=DIR every server leaves its CPU profile there. */
function profiling({ IM_BENCH_PROFILE: dir }: NodeJS.ProcessEnv): string[] {
  return dir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${dir}`]
}

/** Starts a program that prints one line of JSON once it answers, and ends it by SIGTERM. */
export async function startServer(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Server> {
  const words = [...profiling(env), ...args]
  const child: ChildProcess = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const { stdout, pid } = child
  if (stdout === null || pid === undefined) throw new Error('no output to read')
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)))
  })
  return {
    pid,
    ready: JSON.parse(line) as { url: string; metrics: string | null },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
