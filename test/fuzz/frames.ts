/** Frames of JSON-RPC: right, nearly right, and far from it. */
import { readFrame } from '../../src/rpc/frame-check.ts'
import type { Random } from './random.ts'
import { type Make, spoiled } from './values.ts'

const IDS: readonly unknown[] = [1, 1, 1, 2, 3, 7, 'x', '', 0, -1, Number.MAX_SAFE_INTEGER]
const STRANGE_METHODS = [
  '',
  'toString',
  '__proto__',
  'constructor',
  'hello ',
  'HELLO',
  'log.entries',
  'x'.repeat(128),
  '雪',
]

/** A call by a table of makers: mostly well formed, in any order, with ids that come again. */
export function callFrame(
  random: Random,
  makers: ReadonlyMap<string, Make>,
  spoil: (method: string) => number,
): string {
  const known = random.chance(0.96)
  const method = known ? random.pick([...makers.keys()]) : random.pick(STRANGE_METHODS)
  const made = makers.get(method)?.(random) ?? {}
  const params = random.chance(spoil(method)) ? spoiled(made, random) : made
  const isNotification = random.chance(0.05)
  const frame = { jsonrpc: '2.0', ...(isNotification ? {} : { id: random.pick(IDS) }), method, params }
  return JSON.stringify(frame)
}

/** Answers to what was never asked, and to what may have been. */
export function answerFrame(random: Random): string {
  const id = random.pick(IDS)
  const error = {
    code: -32000,
    message: 'x',
    data: spoiled({ code: 'IO', message: 'y', hint: null, retryAfterMs: 1 }, random),
  }
  return JSON.stringify({ jsonrpc: '2.0', id, ...(random.chance(0.5) ? { result: spoiled({}, random) } : { error }) })
}

/** What is no message at all; the connection may end over it. */
export function brokenFrame(random: Random, like: string): string {
  const cut = random.int(like.length + 1)
  return random.pick([
    () => like.slice(0, cut),
    () => like.slice(cut),
    () => `${like}${like}`,
    () => `[${like}]`,
    () => like.replace('{', '{"__proto__":{"isAdmin":true},'),
    () => like.replace('{', '{"a":{"con\\u0073tructor":{"prototype":{"isAdmin":true}}},'),
    () => like.replace('"2.0"', '2'),
    () => like.replace(/"id":[^,]*/, '"id":1e999'),
    () => `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    () => '['.repeat(1 + random.int(100_000)),
    () => random.bytes(random.int(200)).toString('latin1'),
    () => `${like.slice(0, cut)}\0${like.slice(cut)}`,
    () => '9'.repeat(random.int(5_000)),
    () => '',
  ])()
}

/** Whether the frame is one that has to be answered, ends the connection, or neither. */
export function effectOf(text: string): 'asks' | 'ends' | 'tells' {
  const frame = readFrame(text)
  if (frame.kind === 'bad') return 'ends'
  return frame.kind === 'request' && frame.message.id !== undefined ? 'asks' : 'tells'
}

/** What ends its connection is rare, so that each lives through many frames. */
export function mostlyWhole(
  random: Random,
  makers: ReadonlyMap<string, Make>,
  spoil: (method: string) => number,
): string {
  for (;;) {
    const call = random.chance(0.05) ? answerFrame(random) : callFrame(random, makers, spoil)
    const frame = random.chance(0.06) ? brokenFrame(random, call) : call
    if (effectOf(frame) !== 'ends' || random.chance(0.05)) return frame
  }
}
