/** When the conversation window is there, and when a key is on the screen; on a terminal that `script` makes. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Figure } from './figure.ts'
import { playground } from './playground.ts'

const RUNS = 11
const KEYS = 40
const PROMPT = '❯'
const PATIENCE_MS = 20_000

/** A program on a terminal of its own. */
class OnTerminal {
  readonly #child: ChildProcess
  readonly #started = performance.now()
  #written = ''
  #look: () => void = () => {}

  constructor(words: readonly string[], env: NodeJS.ProcessEnv) {
    const { CI: _, IM_NO_INPUT: __, ...own } = env
    const command = [process.execPath, ...words].join(' ')
    this.#child = spawn('script', ['-qfec', command, '/dev/null'], {
      env: { ...own, LANG: 'C.UTF-8', TERM: 'xterm-256color', COLUMNS: '80', LINES: '24' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#written += chunk
      this.#look()
    })
  }

  /** Milliseconds from the start, or from `since`, until this is written. */
  async until(text: string, since = this.#started): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ${text} in ${this.#written}`)), PATIENCE_MS)
      this.#look = () => {
        if (!this.#written.includes(text)) return
        clearTimeout(late)
        resolve()
      }
      this.#look()
    })
    return performance.now() - since
  }

  /** Milliseconds until a key is on the screen, behind all that was typed before it. */
  key(key: string, before: string): Promise<number> {
    const since = performance.now()
    this.#child.stdin?.write(key)
    return this.until(before + key, since)
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin?.on('error', () => {}).write('\x03')
    await ended
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function firstPaint(words: readonly string[], shows: string, env: NodeJS.ProcessEnv): Promise<number> {
  const program = new OnTerminal(words, env)
  const ms = await program.until(shows)
  await program.end()
  return ms
}

async function bare(env: NodeJS.ProcessEnv): Promise<number> {
  const program = new OnTerminal(['-p', '271828'], env)
  const ms = await program.until('271828')
  await program.end()
  return ms
}

async function keyTimes(words: readonly string[], shows: string, env: NodeJS.ProcessEnv): Promise<number> {
  const program = new OnTerminal(words, env)
  await program.until(shows)
  const times: number[] = []
  const text = 'abcdefghij'.repeat(KEYS / 10)
  for (let at = 0; at < KEYS; at++) times.push(await program.key(text.charAt(at), text.slice(0, at)))
  await program.end()
  return median(times)
}

const CHAT = ['bin/im.js', 'chat', 'me']
const HELLO = ['dist/ink-hello.js']

export async function chat(): Promise<Figure[]> {
  const place = await playground()
  try {
    const { env } = place
    const times = { chat: [] as number[], hello: [] as number[], node: [] as number[] }
    for (let run = 0; run < RUNS; run++) {
      times.chat.push(await firstPaint(CHAT, 'notes to myself', env))
      times.hello.push(await firstPaint(HELLO, PROMPT, env))
      times.node.push(await bare(env))
    }
    const first = { chat: median(times.chat), hello: median(times.hello), node: median(times.node) }
    const key = { chat: await keyTimes(CHAT, 'notes to myself', env), hello: await keyTimes(HELLO, PROMPT, env) }
    const against = (name: string, value: number, other: string, yardstick: number): Figure => ({
      name,
      unit: 'ms',
      value,
      yardstick: { name: other, value: yardstick },
      ratio: value / yardstick,
      goal: '',
    })
    return [
      against('chat: first paint', first.chat, 'bare Ink', first.hello),
      against('chat: first paint', first.chat, 'node -p', first.node),
      against('chat: key to screen', key.chat, 'bare Ink', key.hello),
    ]
  } finally {
    await place.close()
  }
}
