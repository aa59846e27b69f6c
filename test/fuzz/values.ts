/** Values by a schema, and values that are nearly so. */
import { z } from 'zod'
import type { Random } from './random.ts'

/** What z.toJSONSchema makes of ours; anything else in it is ignored. */
interface Shape {
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Shape[]
  oneOf?: readonly Shape[]
  allOf?: readonly Shape[]
  properties?: Readonly<Record<string, Shape>>
  required?: readonly string[]
  additionalProperties?: boolean | Shape
  items?: Shape
  pattern?: string
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  maxLength?: number
}

/** Values that mean something in the world under attack, by the name of the field they stand in. */
export type Words = Readonly<Record<string, readonly unknown[]>>

export type Make = (random: Random) => unknown

/** A maker of values the schema takes, but for rules that are code; those fields come from `words`, as do known names. */
export function makerOf(schema: z.ZodType, words: Words): Make {
  const shape = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as Shape
  return (random) => make(shape, '', random, words)
}

const TEXTS = [
  '',
  'a',
  'hello',
  '2026-12-24',
  'Europe/Berlin',
  '🦊'.repeat(9),
  'x'.repeat(300),
  '\u001b[2J',
  'é'.repeat(40),
]

function make(shape: Shape, name: string, random: Random, words: Words): unknown {
  const known = words[name]
  const isScalar = shape.properties === undefined && shape.items === undefined
  if (known !== undefined && isScalar && !canBeNull(shape, random)) return random.pick(known)
  if ('const' in shape) return shape.const
  if (shape.enum !== undefined) return random.pick(shape.enum)
  const choices = shape.anyOf ?? shape.oneOf
  if (choices !== undefined) return make(random.pick(choices), name, random, words)
  if (shape.allOf !== undefined) {
    return Object.assign({}, ...shape.allOf.map((part) => make(part, name, random, words)))
  }
  switch (shape.type) {
    case 'object':
      return makeObject(shape, random, words)
    case 'array': {
      const least = shape.minItems ?? 0
      const length = least + random.int(Math.min(3, (shape.maxItems ?? 9) - least) + 1)
      return Array.from({ length }, () => make(shape.items ?? {}, name, random, words))
    }
    case 'string':
      return random.pick(TEXTS).slice(0, shape.maxLength ?? 1_000)
    case 'integer':
    case 'number': {
      const least = Math.max(shape.minimum ?? 0, 0)
      return least + random.int(Math.min((shape.maximum ?? 1_000) - least, 1_000) + 1)
    }
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    default:
      return random.pick(words.any ?? [null])
  }
}

function canBeNull(shape: Shape, random: Random): boolean {
  return (shape.anyOf?.some(({ type }) => type === 'null') ?? false) && random.chance(0.3)
}

function makeObject(shape: Shape, random: Random, words: Words): object {
  const made: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(shape.properties ?? {})) {
    if (shape.required?.includes(name) || random.chance(0.3)) made[name] = make(member, name, random, words)
  }
  const more = shape.additionalProperties
  if (typeof more === 'object' && random.chance(0.5)) made.more = make(more, 'more', random, words)
  return made
}

const nested = (levels: number, innermost: unknown): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inner) => [inner], innermost)

/** Values of every type and size that anybody might have forgotten. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  -0,
  0.5,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  8.64e15 + 1,
  '',
  '\0',
  '\ud800',
  '../../etc/passwd',
  'account/self',
  '__proto__',
  'constructor',
  'NaN',
  'x'.repeat(5_000),
  [],
  {},
  [[]],
  [null],
  { length: -1 },
  { toString: 1, valueOf: 2 },
  { then: 'me' },
  { kind: 'plain' },
  { kind: 'sealed-9', text: [] },
  nested(20, 1),
  nested(28, {}),
]

/** The value with one thing wrong somewhere in it: another type, a lost or an unknown member, a member twice over. */
export function spoiled(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.85)) {
    const at = random.int(value.length)
    if (random.chance(0.1)) return [...value, ...value, ...value]
    return value.map((item, place) => (place === at ? spoiled(item, random) : item))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && random.chance(0.85)) {
    return spoiledObject(value as Record<string, unknown>, random)
  }
  return random.pick(STRANGE)
}

function spoiledObject(value: Record<string, unknown>, random: Random): unknown {
  const names = Object.keys(value)
  const how = random.int(10)
  if (names.length === 0 || how === 0)
    return { ...value, [random.pick(['extra', '0', 'id', ' ', 'then'])]: random.pick(STRANGE) }
  const name = random.pick(names)
  if (how === 1) return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))
  return { ...value, [name]: spoiled(value[name], random) }
}
