/**
 * Has LevelDB work through each table of a directory, which it leaves as it is, and names each on stdout before it does: the
 * last name is that of the table over which the process ended. Arguments: the directory, one to work in, the names.
 */
import { writeSync } from 'node:fs'
import { copyFile, link, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { repairLevel } from './level-engine.ts'

const [dir = '', scratch = '', ...tables] = process.argv.slice(2)
for (const table of tables) {
  await rm(scratch, { recursive: true, force: true })
  await mkdir(scratch)
  const [from, to] = [join(dir, table), join(scratch, table)]
  await link(from, to).catch(() => copyFile(from, to))
  writeSync(1, `${table}\n`)
  // What it says in words it says again when the whole store is looked at.
  await rewrite().catch(() => {})
}
await rm(scratch, { recursive: true, force: true })

/** A compaction writes every row of a table again, in order; a table whose rows are in disorder ends the process there. */
async function rewrite(): Promise<void> {
  await repairLevel(scratch)
  const db = new Level(scratch) as Level & { compactRange(start: string, end: string): Promise<void> }
  await db.open()
  try {
    await db.compactRange('', '\u{10ffff}')
  } finally {
    await db.close()
  }
}
