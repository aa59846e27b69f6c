/**
 * Changes one `key = value` line of a TOML text and leaves every other byte as it is, comments included. It knows lines,
 * not TOML: values over several lines, inline tables and the like are beyond it, so the caller parses what comes out
 * and compares. `key` is dotted (`notify.friends`); `literal` is TOML.
 */
export function setTomlLine(text: string, key: string, literal: string): string {
  const { lines, eol } = split(text)
  const at = findKey(lines, key)
  if (at === null) insertKey(lines, key, literal)
  else lines[at] = (lines[at] ?? '').replace(VALUE, (_, name: string) => name + literal)
  return lines.join(eol)
}

export function unsetTomlLine(text: string, key: string): string {
  const { lines, eol } = split(text)
  const at = findKey(lines, key)
  return at === null ? text : lines.toSpliced(at, 1).join(eol)
}

/** The line (from 1) a key or its table stands on; null where neither is found. */
export function lineOfKey(text: string, key: string): number | null {
  const { lines } = split(text)
  const at = findKey(lines, key)
  const header = lines.findIndex((line) => plainName(HEADER.exec(line)?.[1] ?? '') === key)
  return at !== null ? at + 1 : header !== -1 ? header + 1 : null
}

const HEADER = /^\s*\[\s*([^[\]]+?)\s*\]\s*(?:#.*)?$/
const ANY_HEADER = /^\s*\[/
const KEY = /^\s*([^\s=#[][^=]*?)\s*=/
/** What stands before the value, and the value: a string, a list on one line, or up to the next blank or comment. */
const VALUE = /^([^=]*=\s*)(?:\[(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\]"'#])*\]|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]+)/
const COMMENT = /^\s*#/

function split(text: string): { lines: string[]; eol: string } {
  return { lines: text.split(/\r?\n/), eol: text.includes('\r\n') ? '\r\n' : '\n' }
}

/** `a . "b"` is `a.b`. */
function plainName(name: string): string {
  return name
    .split('.')
    .map((part) => part.trim().replace(/^(["'])(.*)\1$/, '$2'))
    .join('.')
}

function findKey(lines: readonly string[], key: string): number | null {
  let table = ''
  for (const [at, line] of lines.entries()) {
    if (ANY_HEADER.test(line)) table = `${plainName(HEADER.exec(line)?.[1] ?? '[]')}.`
    const name = KEY.exec(line)?.[1]
    if (name !== undefined && table + plainName(name) === key) return at
  }
  return null
}

/** After the last key of its table; a table that is not there comes at the end. */
function insertKey(lines: string[], key: string, literal: string): void {
  const dot = key.lastIndexOf('.')
  const table = key.slice(0, Math.max(dot, 0))
  const line = `${key.slice(dot + 1)} = ${literal}`

  const header = table === '' ? -1 : lines.findIndex((l) => plainName(HEADER.exec(l)?.[1] ?? '') === table)
  if (table !== '' && header === -1) {
    while (lines.at(-1)?.trim() === '') lines.pop()
    lines.push(...(lines.length > 0 ? [''] : []), `[${table}]`, line, '')
    return
  }
  const next = lines.findIndex((l, at) => at > header && ANY_HEADER.test(l))
  const end = next === -1 ? lines.length : next
  const lastKey = lines.slice(0, end).findLastIndex((l, at) => at > header && KEY.test(l))
  lines.splice(lastKey === -1 ? emptyTablePlace(lines, header, end) : lastKey + 1, 0, line)
}

/** Under the table's header; at the top level before the first header and the comment that belongs to it. */
function emptyTablePlace(lines: readonly string[], header: number, end: number): number {
  if (header !== -1) return header + 1
  let place = end
  if (place === lines.length) while (place > 0 && lines[place - 1] === '') place--
  else while (place > 0 && COMMENT.test(lines[place - 1] ?? '')) place--
  return place
}
