/** All that is printed goes through here: to a person, to a pipe, or as JSON. */
import { visible } from '../../domain/clean-text.ts'
import type { Warning } from '../../protocol/views.ts'
import type { Io, OutStream } from '../io.ts'
import type { Flags } from '../tree/flags.ts'
import { parseFields } from './fields.ts'
import { jsonLine } from './json.ts'
import { type Column, tableLines } from './table.ts'

/** Who reads: a person at a terminal, a program through a pipe, one that wants ids, or one that wants JSON. */
export type Reader = 'terminal' | 'pipe' | 'ids' | 'json'

/** What a view becomes for those who do not want JSON. Text may come from outside: it is cleaned here. */
export interface Shown {
  /** What `-q` prints. */
  id: string | null
  /** Lines for people. */
  text: () => string | Promise<string>
}

interface Answer {
  readonly v: 1
  warnings?: Warning[]
  stale?: boolean
}

export interface Output {
  readonly reader: Reader
  /** A thing was made: a pipe gets its id. */
  made<View extends Answer>(view: View, shown: Shown): Promise<void>
  /** A thing was changed or asked for: a pipe gets the sentence. */
  said<View extends Answer>(view: View, shown: Shown): Promise<void>
  /** Rows; an empty list prints nothing into a pipe, and `none` on a terminal. */
  list<Row extends Answer>(rows: readonly Row[], table: ListTable<Row>): Promise<void>
  /** Our own text (help, a log, a path): printed as it is but for control characters. */
  lines(text: string): void
  /** Talk: to stderr, and to nobody where JSON is wanted. */
  talk(text: string): void
}

export interface ListTable<Row> {
  id: (row: Row) => string | null
  columns: () => readonly Column<Row>[] | Promise<readonly Column<Row>[]>
  none: string
  /** Whether what is listed is as last heard. Rows say so themselves: asked only where there are none. */
  isStale?: () => Promise<boolean>
}

const AS_LAST_HEARD = 'im: note: the relay has not answered yet, so this is as last heard\n'

export function createOutput(io: Pick<Io, 'stdout' | 'stderr' | 'env'>, flags: Flags): Output {
  const fields = flags.fields === undefined ? null : parseFields(flags.fields)
  const reader = readerOf(io.stdout, flags)
  const colour = reader === 'terminal' && !flags.noColor && !io.env.NO_COLOR && io.env.TERM !== 'dumb'

  const json = (view: object): void => {
    io.stdout.write(jsonLine(fields === null ? view : pick(view, fields)))
  }
  const clean = (text: string): string => `${visible(text, { lines: true })}\n`
  const warn = ({ warnings = [] }: Answer): void => {
    for (const { message } of warnings) io.stderr.write(clean(`im: note: ${message}`))
  }
  const show = async (view: Answer, shown: Shown, how: Reader): Promise<void> => {
    if (how === 'json') return json(view)
    warn(view)
    if (how === 'ids') io.stdout.write(clean(shown.id ?? ''))
    else io.stdout.write(clean(await shown.text()))
  }

  return {
    reader,
    made: (view, shown) => show(view, shown, reader === 'pipe' ? 'ids' : reader),
    said: (view, shown) => show(view, shown, reader),
    async list(rows, table) {
      if (reader === 'json') return rows.forEach(json)
      rows.forEach(warn)
      const stale = rows.length > 0 ? rows.some((row) => row.stale) : await table.isStale?.()
      if (stale) io.stderr.write(AS_LAST_HEARD)
      if (reader === 'ids') io.stdout.write(rows.map((row) => clean(table.id(row) ?? '')).join(''))
      else if (rows.length > 0) {
        const style = { colour, width: reader === 'terminal' ? io.stdout.columns || 80 : null }
        io.stdout.write(`${tableLines(rows, await table.columns(), style).join('\n')}\n`)
      } else if (reader === 'terminal') io.stdout.write(clean(table.none))
    },
    lines: (text) => void io.stdout.write(clean(text)),
    talk: (text) => {
      if (reader !== 'json') io.stderr.write(clean(text))
    },
  }
}

function readerOf(stdout: OutStream, flags: Flags): Reader {
  if (flags.json || flags.fields !== undefined) return 'json'
  if (flags.quiet) return 'ids'
  return stdout.isTTY ? 'terminal' : 'pipe'
}

/** The version of the format always stays. A field this object does not have is null, as one that is empty. */
function pick(view: object, fields: readonly string[]): object {
  const all = new Map<string, unknown>(Object.entries(view))
  return { v: 1, ...Object.fromEntries(fields.map((name) => [name, all.get(name) ?? null])) }
}
