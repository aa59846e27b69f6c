import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { ImError } from '../../protocol/errors.ts'
import type { ExportRow } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import { jsonLine } from '../json.ts'

/** A page at a time: an account may hold more than fits in memory. */
async function* pages({ call }: Context): AsyncGenerator<ExportRow[]> {
  for (let after: string | null = null; ; ) {
    const page: { rows: ExportRow[]; next: string | null } = await call('account.export', { after })
    yield page.rows
    if (page.next === null) return
    after = page.next
  }
}

export async function run(context: Context): Promise<number> {
  const { flags, out } = context
  if (flags.outFile !== undefined) return toFile(context, flags.outFile)
  for await (const rows of pages(context)) {
    for (const row of rows) await out.said(row, { id: row.type, text: () => jsonLine(row).trimEnd() })
  }
  return 0
}

/** The file is there whole or not at all, and for its owner alone. */
async function toFile(context: Context, path: string): Promise<number> {
  const aside = `${path}.${randomUUID()}.part`
  let file: FileHandle | null = null
  let count = 0
  try {
    file = await open(aside, 'wx', 0o600).catch((cause: Error) => {
      throw new ImError('BAD_FILE', `cannot write ${path}: ${cause.message}`, { cause })
    })
    for await (const rows of pages(context)) {
      count += rows.length
      await file.appendFile(rows.map(jsonLine).join(''))
    }
    await file.sync()
    await file.close()
    file = null
    await rename(aside, path)
  } catch (error) {
    await file?.close()
    await rm(aside, { force: true })
    throw error
  }
  context.out.talk(`${count} lines in ${path}`)
  return 0
}
