import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_DEPTH, readFrame } from '../../../src/rpc/frame-check.ts'
import { memoryChannelPair } from '../../../src/rpc/memory-channel.ts'
import { testPeer } from '../../support/rpc-links.ts'

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const request = (rest: string): string => `{"jsonrpc":"2.0",${rest}}`

const BAD: readonly [name: string, frame: string, cause: RegExp][] = [
  ['nothing', '', /JSON/],
  ['a space', ' ', /JSON/],
  ['a word', 'hello', /JSON/],
  ['half an object', '{"jsonrpc":"2.0","id":1', /JSON/],
  ['two objects', `${request('"method":"a"')}${request('"method":"a"')}`, /JSON/],
  ['a trailing comma', request('"method":"a",'), /JSON/],
  ['single quotes', "{'jsonrpc':'2.0'}", /JSON/],
  ['a comment', `/**/${request('"method":"a"')}`, /JSON/],
  ['NaN', request('"method":"a","id":NaN'), /JSON/],
  ['a NUL', '\u0000', /JSON/],
  ['a byte order mark', `\uFEFF${request('"method":"a"')}`, /JSON/],
  ['a raw newline in a text', request('"method":"a\n"'), /JSON/],
  ['a lonely bracket a million times', '['.repeat(1_000_000), /JSON/],
  ['null', 'null', /object/],
  ['true', 'true', /object/],
  ['a number', '42', /object/],
  ['a text', '"{}"', /object/],
  ['an empty batch', '[]', /batch/],
  ['a batch', `[${request('"method":"a","id":1')}]`, /batch/],
  ['a batch of nonsense', '[1,2,3]', /batch/],
  ['an empty object', '{}', /2\.0/],
  ['no version', '{"id":1,"method":"a"}', /2\.0/],
  ['version 1.0', '{"jsonrpc":"1.0","id":1,"method":"a"}', /2\.0/],
  ['the version as a number', '{"jsonrpc":2.0,"id":1,"method":"a"}', /2\.0/],
  ['neither method nor result', request('"id":1'), /neither/],
  ['a method that is null', request('"id":1,"method":null'), /method/],
  ['a method that is a number', request('"id":1,"method":7'), /method/],
  ['a method that is an object', request('"id":1,"method":{"toString":"x"}'), /method/],
  ['an empty method', request('"id":1,"method":""'), /method/],
  ['a method of 100,000 letters', request(`"id":1,"method":"${'a'.repeat(100_000)}"`), /method/],
  ['an id that is null', request('"id":null,"method":"a"'), /id/],
  ['an id that is true', request('"id":true,"method":"a"'), /id/],
  ['an id that is an object', request('"id":{},"method":"a"'), /id/],
  ['an id that is a list', request('"id":[1],"method":"a"'), /id/],
  ['an id with a fraction', request('"id":1.5,"method":"a"'), /id/],
  ['an id beyond the safe integers', request('"id":9007199254740993,"method":"a"'), /id/],
  ['an infinite id', request('"id":1e999,"method":"a"'), /id/],
  ['an id of 100,000 letters', request(`"id":"${'a'.repeat(100_000)}","method":"a"`), /id/],
  ['params that are null', request('"id":1,"method":"a","params":null'), /params/],
  ['params that are a text', request('"id":1,"method":"a","params":"x"'), /params/],
  ['params that are a number', request('"id":1,"method":"a","params":0'), /params/],
  ['a request with a result', request('"id":1,"method":"a","result":1'), /answer too/],
  ['a request with an error', request('"id":1,"method":"a","error":null'), /answer too/],
  ['result and error both', request('"id":1,"result":1,"error":{"code":1,"message":"x"}'), /both/],
  ['a result and an error that is null', request('"id":1,"result":1,"error":null'), /both/],
  ['an answer without an id', request('"result":1'), /id/],
  ['an answer to an object', request('"id":{},"result":1'), /id/],
  ['an error that is a text', request('"id":1,"error":"x"'), /error/],
  ['an error that is null', request('"id":1,"error":null'), /error/],
  ['an error without a code', request('"id":1,"error":{"message":"x"}'), /error/],
  ['an error with a code in words', request('"id":1,"error":{"code":"E","message":"x"}'), /error/],
  ['an error without a message', request('"id":1,"error":{"code":1}'), /error/],
  ['lists nested too deep', request(`"method":"a","params":${nested(MAX_DEPTH)}`), /deeper/],
  ['lists nested 100,000 deep', request(`"method":"a","params":${nested(100_000)}`), /deeper/],
  ['objects nested too deep', request(`"method":"a","params":${'{"a":'.repeat(40)}1${'}'.repeat(40)}`), /deeper/],
  ['depth hidden in an unknown member', request(`"method":"a","extra":${nested(MAX_DEPTH)}`), /deeper/],
  ['__proto__ at the top', request('"method":"a","__proto__":{"admin":true}'), /__proto__/],
  ['__proto__ in params', request('"method":"a","params":{"__proto__":{"admin":true}}'), /__proto__/],
  ['__proto__ in a list', request('"method":"a","params":[[{"__proto__":1}]]'), /__proto__/],
  ['__proto__ in escapes', request('"method":"a","params":{"\\u005f_proto__":1}'), /__proto__/],
  ['__proto__ in a result', request('"id":1,"result":{"a":{"__proto__":{}}}'), /__proto__/],
  ['__proto__ in the data of an error', request('"id":1,"error":{"code":1,"message":"","data":{"__proto__":1}}'), /__/],
  ['constructor', request('"method":"a","params":{"constructor":{"prototype":{}}}'), /constructor/],
  ['constructor in escapes', request('"method":"a","params":{"con\\u0073tructor":1}'), /constructor/],
  ['prototype', request('"method":"a","params":{"x":{"prototype":1}}'), /prototype/],
]

const GOOD: readonly [name: string, frame: string, kind: 'request' | 'answer'][] = [
  ['a request', request('"id":1,"method":"a","params":{}'), 'request'],
  ['a request of another program, with a text as its id', request('"id":"x-1","method":"a"'), 'request'],
  ['a notification', request('"method":"a","params":[]'), 'request'],
  ['a result', request('"id":1,"result":null'), 'answer'],
  ['an error', request('"id":1,"error":{"code":-32000,"message":"x","data":{"code":"X"}}'), 'answer'],
  ['an error about a request that could not be read', request('"id":null,"error":{"code":1,"message":""}'), 'answer'],
  ['members nobody knows', request('"method":"a","trace":"t"'), 'request'],
  ['spaces around', ` ${request('"method":"a"')}\r\n`, 'request'],
  ['params nested as deep as allowed', request(`"method":"a","params":${nested(MAX_DEPTH - 1)}`), 'request'],
  ['the forbidden words as values', request('"method":"constructor","params":["__proto__"]'), 'request'],
]

describe('reading a frame', () => {
  test.each(BAD)('refuses %s', (_name, frame, cause) => {
    expect(readFrame(frame)).toMatchObject({ kind: 'bad', cause: expect.stringMatching(cause) })
  })

  test.each(GOOD)('takes %s', (_name, frame, kind) => {
    expect(readFrame(frame).kind).toBe(kind)
  })
})

describe('a peer under attack', () => {
  test.each(BAD)('closes with 1007 on %s, without asking its handler', async (_name, frame, cause) => {
    const causes: string[] = []
    const handled: string[] = []
    const [attacker, channel] = memoryChannelPair()
    attacker.start(() => {})
    const peer = testPeer(channel, { handle: (method) => handled.push(method), onBadFrame: (c) => causes.push(c) })
    attacker.send(frame)
    attacker.send(request('"method":"after"'))
    expect((await peer.closed).code).toBe(1007)
    expect((await attacker.closed).code).toBe(1007)
    expect(causes).toEqual([expect.stringMatching(cause)])
    expect(handled).toEqual([])
  })

  test.each([
    ['an answer to a call that was never made', request('"id":7,"result":1')],
    ['an answer to a call with the id as a text', request('"id":"1","result":"wrong"')],
    ['an answer to nothing', request('"id":null,"error":{"code":1,"message":""}')],
  ])('ignores %s', async (_name, frame) => {
    const [attacker, channel] = memoryChannelPair()
    const peer = testPeer(channel)
    attacker.start(() => {
      attacker.send(frame)
      attacker.send(request('"id":1,"result":"right"'))
      attacker.send(request('"id":1,"result":"twice"'))
    })
    expect(await peer.call('first', {})).toBe('right')
  })

  test('answers each of two requests that carry the same id', async () => {
    const answers: string[] = []
    const [attacker, channel] = memoryChannelPair()
    testPeer(channel, { handle: (method) => method })
    await new Promise<void>((resolve) => {
      attacker.start((frame) => {
        if (answers.push(frame) === 2) resolve()
      })
      attacker.send(request('"id":1,"method":"a"'))
      attacker.send(request('"id":1,"method":"b"'))
    })
    expect(answers).toEqual([request('"id":1,"result":"a"'), request('"id":1,"result":"b"')])
  })

  test('survives any frames at all', async () => {
    const member = fc.constantFrom(
      'jsonrpc',
      'id',
      'method',
      'params',
      'result',
      'error',
      'code',
      'message',
      '__proto__',
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>('2.0', 'a', null, 0, 1, -1, 0.5, true),
        fc.jsonValue(),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.array(fc.tuple(member, tie('any')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
      ),
    })).any
    const message = fc.record(
      { jsonrpc: fc.constant('2.0'), id: value, method: value, params: value, result: value, error: value },
      { requiredKeys: ['jsonrpc'] },
    )
    const frame = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), value.map(json), message.map(json))
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (frames) => {
        const [attacker, channel] = memoryChannelPair()
        attacker.start(() => {})
        const peer = testPeer(channel)
        const call = peer.call('mine', {}).catch((error: unknown) => error)
        for (const text of frames) attacker.send(text)
        attacker.close()
        const { code } = await peer.closed
        await call
        const isFine = frames.every((text) => readFrame(text).kind !== 'bad')
        expect(code).toBe(isFine ? 1000 : 1007)
      }),
      { numRuns: 2_000 },
    )
    expect(({} as Record<string, unknown>).admin).toBeUndefined()
  })
})

function json(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined'
}
