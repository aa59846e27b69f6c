import { decodeRow, putRow, toJson } from './codec.ts'
import type { Engine } from './engine.ts'
import { COMMIT_KEY, EPOCH_KEY, FORMAT_KEY } from './layout.ts'
import { StoreError } from './store.ts'
import type { Witness } from './witness.ts'

const FORMAT = 1

export interface FormatOptions {
  engine: Engine
  /** Whose store it is; one of another kind does not open. */
  kind: string
  witness: Witness | null
  /** Opens although the witness is gone, and makes a new one: for an owner who has looked and knows why. */
  acceptLostWitness?: boolean
}

/** The numbers a store goes on from. */
export interface Opened {
  epoch: number
  commit: number
}

/**
 * Checks that this is a store of ours, whole up to its last commit; an empty engine becomes one.
 * Rejects with StoreError 'format', 'damaged' or 'io'.
 */
export async function openFormat(options: FormatOptions): Promise<Opened> {
  const { engine, witness } = options
  const witnessed = witness === null ? null : await witness.read()
  const format = await readMeta(engine, FORMAT_KEY)
  if (format === undefined) return makeStore(options, witnessed)
  assertFormat(format, options.kind)
  const commit = await readNumber(engine, COMMIT_KEY)
  const epoch = await readNumber(engine, EPOCH_KEY)
  if (witness !== null) {
    assertWitnessed(commit, witnessed, options.acceptLostWitness === true)
    if (witnessed === null) await witness.write(commit)
  }
  return { epoch, commit }
}

/** The witness comes first: a start cut off between the two leaves an empty engine, which is made again. */
async function makeStore({ engine, kind, witness }: FormatOptions, witnessed: number | null): Promise<Opened> {
  const rows = await engine.range({ limit: 1 })
  if (rows.length > 0) throw new StoreError('format', 'this is no store of ours: it has rows and no format')
  const opened = { epoch: 1, commit: 1 }
  if (witnessed === null) await witness?.write(0)
  else assertWitnessed(0, witnessed, false)
  await engine.write([
    putRow(FORMAT_KEY, toJson({ format: FORMAT, kind })),
    putRow(EPOCH_KEY, toJson(opened.epoch)),
    putRow(COMMIT_KEY, toJson(opened.commit)),
  ])
  await witness?.write(opened.commit)
  return opened
}

function assertFormat(value: unknown, kind: string): void {
  const found = value as { format: number; kind: string }
  if (found.format !== FORMAT) {
    throw new StoreError('format', `the store has format ${found.format}, this version reads format ${FORMAT}`)
  }
  if (found.kind !== kind) throw new StoreError('format', `this is the store of a ${found.kind}, not of a ${kind}`)
}

/** A store may be ahead: its last commits were on disk and had not been told to anybody. */
function assertWitnessed(commit: number, witnessed: number | null, acceptLost: boolean): void {
  if (witnessed === null && !acceptLost) {
    throw new StoreError(
      'damaged',
      `the store is at commit ${commit} and its witness file is missing: whether its end was lost is not known. ` +
        'Put the file back, or open once accepting a lost witness.',
    )
  }
  if (witnessed !== null && commit < witnessed) {
    throw new StoreError('damaged', `the store is behind its witness: ${commit} < ${witnessed}; its end was lost`)
  }
}

async function readMeta(engine: Engine, key: string): Promise<unknown> {
  const row = await engine.get(key)
  return row === undefined ? undefined : decodeRow(key, row)
}

async function readNumber(engine: Engine, key: string): Promise<number> {
  const value = await readMeta(engine, key)
  if (typeof value !== 'number') throw new StoreError('damaged', `the row ${key} is missing`)
  return value
}
