import { ImError } from '../../protocol/errors.ts'
import type { ImportView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import { oneOf } from '../input/one-of.ts'
import { readStdin, readTextFile } from '../input/text.ts'

/** As much as two years of ten thousand backups need; more is no export of ours. */
const MOST_BYTES = 256 * 1024 * 1024

/** What goes in one call: at three bytes a character it fits into a frame of the local socket, and into one transaction. */
const PAGE = { rows: 500, chars: 1024 * 1024 }

const AT_ONCE = 4

/** A page of refusals is enough to see what is wrong; `--json` has them all. */
const MOST_TOLD = 20

interface Line {
  line: number
  backup: unknown
}

/** Nothing is changed unless every line is JSON: a file that was half written is noticed, and its line named. */
export async function run(context: Context): Promise<number> {
  const { call, flags, io, out, words } = context
  const [path = ''] = words
  const onConflict = oneOf('--on-conflict', flags.onConflict ?? 'skip', ['skip', 'replace'] as const)
  const text = path === '-' ? await readStdin(io.stdin, MOST_BYTES) : await readTextFile(path, MOST_BYTES)
  const dryRun = flags.dryRun ?? false
  const view = await inParts([...pagesOf(parsedLines(text))], (rows) =>
    call('backup.import', { rows, dryRun, onConflict }),
  )
  await out.said(view, { id: null, text: () => sentence(view, dryRun) })
  const [first] = view.refused
  if (first === undefined) return 0
  const count = view.refused.length
  throw new ImError(
    first.code,
    `${count} ${count === 1 ? 'line was' : 'lines were'} refused, first line ${first.line}: ${first.message}`,
    {
      hint: 'mend them and import the file again: what is there already is skipped',
    },
  )
}

function parsedLines(text: string): { row: Line; chars: number }[] {
  return text.split('\n').flatMap((source, at) => {
    if (source.trim() === '') return []
    try {
      return [{ row: { line: at + 1, backup: JSON.parse(source) as unknown }, chars: source.length }]
    } catch (cause) {
      throw new ImError('BAD_FILE', `line ${at + 1} is no JSON; nothing was imported`, {
        cause,
        hint: 'each line is one object, as im backup export prints them',
      })
    }
  })
}

function* pagesOf(lines: readonly { row: Line; chars: number }[]): Generator<Line[]> {
  let page: Line[] = []
  let chars = 0
  for (const line of lines) {
    if (page.length === PAGE.rows || (page.length > 0 && chars + line.chars > PAGE.chars)) {
      yield page
      page = []
      chars = 0
    }
    page.push(line.row)
    chars += line.chars
  }
  if (page.length > 0) yield page
}

/** Some parts at once: while the relay stores one, the daemon seals another. */
async function inParts(pages: Line[][], take: (rows: Line[]) => Promise<ImportView>): Promise<ImportView> {
  let view: ImportView = { v: 1, added: 0, changed: 0, skipped: 0, held: 0, waiting: 0, stored: null, refused: [] }
  const lane = async (): Promise<void> => {
    for (let page = pages.shift(); page !== undefined; page = pages.shift()) {
      const part = await take(page)
      view = sum(view, part)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return { ...view, refused: view.refused.sort((a, b) => a.line - b.line) }
}

function sum(a: ImportView, b: ImportView): ImportView {
  return {
    v: 1,
    added: a.added + b.added,
    changed: a.changed + b.changed,
    skipped: a.skipped + b.skipped,
    held: a.held + b.held,
    waiting: a.waiting + b.waiting,
    stored: a.stored === 'here' ? a.stored : b.stored,
    refused: [...a.refused, ...b.refused],
  }
}

function sentence({ added, changed, skipped, held, waiting, refused }: ImportView, dryRun: boolean): string {
  const counts = [`${added} added`, `${changed} changed`, `${skipped} skipped`, `${refused.length} refused`].join(', ')
  return [
    dryRun ? `it would be: ${counts}` : counts,
    ...(waiting === 0 ? [] : [`${waiting} of them kept here; they go to the relay when it answers`]),
    ...(held === 0
      ? []
      : [`${held} of them held, because their moment has passed or they were held: im backup list --state held`]),
    ...refused.slice(0, MOST_TOLD).map(({ line, code, message }) => `line ${line}: ${message} [${code}]`),
    ...(refused.length > MOST_TOLD ? [`and ${refused.length - MOST_TOLD} more lines`] : []),
  ].join('\n')
}
