import type { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import * as ws from 'ws'
import { encodeTextFrames } from '../../../src/rpc/text-frames.ts'

/** Known to ws, not to its types. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable }

/** What `ws` reads from the bytes. */
function read(bytes: Buffer): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const texts: string[] = []
    const receiver = new Receiver({ isServer: false })
    receiver.on('message', (data: Buffer, isBinary: boolean) => texts.push(isBinary ? 'binary' : data.toString()))
    receiver.on('error', reject)
    receiver.end(bytes, () => resolve(texts))
  })
}

const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]

test.each(LENGTHS)('a text of %i bytes is read as it was', async (length) => {
  const text = 'x'.repeat(length)
  expect(await read(encodeTextFrames([text]))).toEqual([text])
})

test('frames of one turn are read one by one, each measured in UTF-8', async () => {
  const texts = ['', '语'.repeat(42), 'é'.repeat(63), '😀', ...LENGTHS.map((length) => 'y'.repeat(length))]
  expect(await read(encodeTextFrames(texts))).toEqual(texts)
})
