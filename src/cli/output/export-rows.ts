/** What `account export` and `backup export` share: pages of rows, to stdout or into a file. */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { counted } from '../../domain/counted.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { jsonLine } from './json.ts'
import { type AskPage, pagesOf } from './pages.ts'

export interface Row {
  v: 1
}

/** JSON lines, to stdout or to `-o FILE`. `id` is what `-q` prints of a row. */
export async function exportRows<R extends Row>(
  context: Context,
  page: AskPage<R>,
  id: (row: R) => string | null,
): Promise<number> {
  const { flags, out } = context
  if (flags.outFile !== undefined && flags.outFile !== '-') return toFile(context, page, flags.outFile)
  for await (const { rows } of pagesOf(page)) {
    for (const row of rows) await out.said(row, { id: id(row), text: () => jsonLine(row).trimEnd() })
  }
  return 0
}

/** The file is there whole or not at all, and for its owner alone. */
async function toFile<R extends Row>(context: Context, page: AskPage<R>, path: string): Promise<number> {
  const aside = `${path}.${randomUUID()}.part`
  let file: FileHandle | null = null
  let count = 0
  try {
    file = await open(aside, 'wx', 0o600).catch((cause: Error) => {
      throw new ImError('BAD_FILE', `cannot write ${path}: ${cause.message}`, { cause })
    })
    for await (const { rows } of pagesOf(page)) {
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
  context.out.talk(`${counted(count, 'line')} in ${path}`)
  return 0
}
