/** The quick reading of a command line against commander's: where it reads at all, it reads the same. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from '../../../../src/cli/parsing/parse.ts'
import { readPlain } from '../../../../src/cli/parsing/plain-line.ts'
import { FLAGS, type FlagName, GLOBAL_FLAGS } from '../../../../src/cli/tree/flags.ts'
import { VERBS } from '../../../../src/cli/tree/index.ts'
import { ImError } from '../../../../src/protocol/errors.ts'

function outcome(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (error instanceof ImError) return error.toData()
    throw error
  }
}

const forms = (flag: FlagName): string[] => (FLAGS[flag].spelling.split(' <')[0] ?? '').split(', ')
const anyFlag = fc.constantFrom(...(Object.keys(FLAGS) as FlagName[])).chain((flag) => fc.constantFrom(...forms(flag)))
const anyWord = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...new Set(VERBS.flatMap(({ name }) => name.split(' ')))) },
  { weight: 3, arbitrary: anyFlag },
  {
    weight: 1,
    arbitrary: fc.tuple(anyFlag, fc.constantFrom('', 'x', 'a=b', '-q')).map(([form, value]) => `${form}=${value}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('bo', 'x', '', '-', '--', '-x', '-1', '3', '--json=', '-qy', '-mx', '--ver', 'a b'),
  },
)
/** A verb with flags it takes and their values, in any order, which is plain more often than not. */
const likely = fc.constantFrom(...VERBS).chain((verb) => {
  const flag = fc.constantFrom(...GLOBAL_FLAGS, ...(verb.flags ?? []))
  const given = flag.chain((name) =>
    fc.constantFrom(
      ...forms(name).flatMap((form) => (FLAGS[name].kind === 'switch' ? [[form]] : [[form, '3'], [`${form}=3`]])),
    ),
  )
  const parts = fc.array(fc.oneof(given, fc.constantFrom(['bo'], ['hello'], ['4835022718'])), { maxLength: 5 })
  return parts.map((some) => [...verb.name.split(' '), ...some.flat()])
})

describe('a plain line', () => {
  it('means what commander says it means', () => {
    const plain = { read: 0 }
    fc.assert(
      fc.property(fc.oneof(likely, fc.array(anyWord, { maxLength: 7 })), (argv) => {
        const read = outcome(() => readPlain(argv))
        if (read === null) return
        plain.read += 1
        expect(read).toEqual(outcome(() => parse(argv)))
      }),
      { numRuns: 2_000 },
    )
    expect(plain.read).toBeGreaterThan(500)
  })

  it.each(VERBS)('reads the example of $name without commander', ({ example }) => {
    const words = [...(example.split(' && ')[0] ?? '').matchAll(/"([^"]*)"|(\S+)/g)]
      .map(([, quoted, bare]) => quoted ?? bare ?? '')
      .slice(1)
    expect(readPlain(words)).toMatchObject({ kind: 'verb' })
  })

  it.each([
    [['remind', 'x', '--in=3d'], { in: '3d' }],
    [['remind', 'x', '--in', '3d', '--note=a=b'], { in: '3d', note: 'a=b' }],
  ])('has its values after the flag or with it: %j', (argv, flags) => {
    expect(readPlain(argv)).toMatchObject({ kind: 'verb', flags })
  })

  it.each([['--jsn'], ['inbox', '--json=1'], ['inbox', '--timeout'], ['lst'], ['-qy']])(
    'leaves %j to commander',
    (...argv) => {
      expect(readPlain(argv)).toBeNull()
    },
  )
})
