/** Makes a relay's store out of a snapshot. The relay does not run meanwhile. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ensurePrivateDir } from '../../host/private-dir.ts'
import { writePrivateFile } from '../../host/private-file.ts'
import type { RestoreReport, SnapshotManifest } from '../../protocol/admin-api.ts'
import { ImError } from '../../protocol/errors.ts'
import { audit } from '../../store/audit.ts'
import { buildStore } from '../../store/build.ts'
import { openRow } from '../../store/codec.ts'
import { openLevelEngine } from '../../store/level-engine.ts'
import {
  clearNext,
  isHalfPlaced,
  putAside,
  putInPlace,
  removeNext,
  type StorePlace,
  storePlace,
} from '../../store/place.ts'
import { StoreError } from '../../store/store.ts'
import { FileWitness } from '../../store/witness.ts'
import { type Identity, readIdentity, setupFingerprint } from '../identity.ts'
import { accountCheck } from './account-check.ts'
import { stampOf } from './fsck.ts'
import { holdAll } from './restore-holds.ts'
import { MANIFEST, ROWS } from './snapshot.ts'
import { keyFile as keyFileIn, refuseRunning, requireRoom } from './store-files.ts'
import { RELAY_MIGRATIONS } from './store-format.ts'

export interface RestoreOptions {
  snapshot: string
  /** The relay.key of the relay it was taken of. */
  keyFile: string
  dataDir: string
  now: number
}

const count = z.number().int().min(0)
const manifestSchema: z.ZodType<SnapshotManifest> = z.object({
  v: z.literal(1),
  kind: z.literal('im relay snapshot'),
  relay: z.string().min(1),
  setup: z.string(),
  version: z.string(),
  takenAt: z.iso.datetime(),
  format: count.min(1),
  epoch: count.min(1),
  commit: count.min(1),
  rows: count,
  accounts: count,
  bytes: count,
  sha256: z.string(),
})

/** Touches nothing before the snapshot is known to be whole and the relay's own. What was there is kept aside. */
export async function restoreRelay({ snapshot, keyFile, dataDir, now }: RestoreOptions): Promise<RestoreReport> {
  ensurePrivateDir(dataDir)
  await refuseRunning(dataDir, 'restore')
  const manifest = await readManifest(snapshot)
  const identity = await requireKey(keyFile, manifest, snapshot)
  await refuseOtherRelay(dataDir, identity)
  await verifyRows(snapshot, manifest)
  await requireRoom(dataDir, 2 * manifest.bytes)

  const epoch = Math.max(now, manifest.epoch + 1)
  // What an earlier restore put aside is still missed; else one that fails leaves nothing.
  const forget = (await isHalfPlaced(dataDir)) ? clearNext : removeNext
  await clearNext(dataDir)
  const held = await prepare(snapshot, manifest, epoch, dataDir, now).catch(async (error: unknown) => {
    await forget(dataDir)
    throw error
  })
  await writePrivateFile(keyFileIn(dataDir), `${JSON.stringify(identity)}\n`)
  await refuseRunning(dataDir, 'restore')
  const aside = await putAside(dataDir, 'before-restore', stampOf(now))
  await putInPlace(dataDir)
  return { v: 1, data: dataDir, takenAt: manifest.takenAt, accounts: manifest.accounts, epoch, held, aside }
}

/** The new store beside the old one; how many backups are held in it. */
async function prepare(
  snapshot: string,
  manifest: SnapshotManifest,
  epoch: number,
  dataDir: string,
  now: number,
): Promise<number> {
  await build(snapshot, manifest, epoch, storePlace(dataDir))
  return holdAll(dataDir, now)
}

async function build(
  snapshot: string,
  { format }: SnapshotManifest,
  epoch: number,
  { nextStore, nextWitness }: StorePlace,
): Promise<void> {
  const engine = await openLevelEngine(nextStore)
  const witness = new FileWitness(nextWitness)
  try {
    await buildStore(engine, witness, { format, kind: 'relay', epoch }, readRows(snapshot))
    for await (const { row, what } of audit(engine, accountCheck)) {
      throw damaged(snapshot, `a row of ${row} ${what}`)
    }
  } finally {
    await engine.close()
    await witness.close()
  }
}

async function readManifest(snapshot: string): Promise<SnapshotManifest> {
  const path = join(snapshot, MANIFEST)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ImError('BAD_FILE', `${snapshot} is no snapshot of a relay: it has no ${MANIFEST}`, { cause })
  })
  const parsed = manifestSchema.safeParse(jsonOf(text))
  if (!parsed.success) throw damaged(snapshot, `its ${MANIFEST} is not whole`)
  const newest = RELAY_MIGRATIONS.length + 1
  if (parsed.data.format > newest) {
    throw new ImError('STORE_FORMAT', `${snapshot} has format ${parsed.data.format}, this im knows ${newest}`, {
      hint: `restore it with im ${parsed.data.version} or newer`,
    })
  }
  return parsed.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The root secret of all logins is in no snapshot: without it nobody could log in again. */
async function requireKey(keyFile: string, manifest: SnapshotManifest, snapshot: string): Promise<Identity> {
  const identity = await readIdentity(keyFile)
  if (identity === null) {
    throw new ImError('INPUT_NEEDED', `${keyFile} is not there: a snapshot does not hold the secret of the logins`, {
      hint: `im relay restore ${snapshot} --key FILE, the relay.key of that relay`,
    })
  }
  if (identity.id !== manifest.relay || setupFingerprint(identity.loginSetup) !== manifest.setup) {
    throw new ImError('BAD_FILE', `${keyFile} is not the key of the relay of ${snapshot}`, {
      hint: 'nobody could log in with it; take the relay.key of that relay',
    })
  }
  return identity
}

/** The data of another relay is not to be taken for what this snapshot was taken of. */
async function refuseOtherRelay(dataDir: string, { id }: Identity): Promise<void> {
  const there = await readIdentity(keyFileIn(dataDir))
  if (there === null || there.id === id) return
  throw new ImError('BAD_FILE', `${dataDir} is the data of another relay`, {
    hint: 'im relay restore … --data NEW-DIR',
  })
}

async function verifyRows(snapshot: string, manifest: SnapshotManifest): Promise<void> {
  const hash = createHash('sha256')
  const stream = createReadStream(join(snapshot, ROWS))
  try {
    for await (const chunk of stream) hash.update(chunk)
  } catch (cause) {
    throw new ImError('STORE_DAMAGED', `${snapshot}: its file ${ROWS} cannot be read`, { cause })
  }
  if (hash.digest('hex') !== manifest.sha256) throw damaged(snapshot, `its file ${ROWS} does not match its checksum`)
  let rows = 0
  for await (const [key, row] of readRows(snapshot)) {
    try {
      openRow(key, row)
    } catch (error) {
      if (error instanceof StoreError) throw damaged(snapshot, error.message)
      throw error
    }
    rows++
  }
  if (rows !== manifest.rows) throw damaged(snapshot, `it has ${rows} rows and counts ${manifest.rows}`)
}

async function* readRows(snapshot: string): AsyncGenerator<[string, string]> {
  let rest = ''
  let key: string | null = null
  const stream = createReadStream(join(snapshot, ROWS), { encoding: 'utf8', highWaterMark: 1024 * 1024 })
  for await (const chunk of stream) {
    const parts = (rest + chunk).split('\0')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      if (key === null) key = part
      else {
        yield [key, part]
        key = null
      }
    }
  }
  if (rest !== '' || key !== null) throw damaged(snapshot, 'it ends in the middle of a row')
}

function damaged(snapshot: string, what: string): ImError {
  return new ImError('STORE_DAMAGED', `the snapshot ${snapshot} is damaged: ${what}`, { hint: 'take another snapshot' })
}
