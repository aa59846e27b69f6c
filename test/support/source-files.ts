import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** `path` is relative to the root, with `/`. */
export interface SourceFile {
  path: string
  text: string
}

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.git'])

/** All files below a folder of the repository whose path the pattern fits. */
export function sourceFiles(folder: string, pattern = /\.tsx?$/): SourceFile[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory()) return sourceFiles(path, pattern)
      return entry.isFile() && pattern.test(path) ? [{ path, text: readFileSync(join(ROOT, path), 'utf8') }] : []
    })
}

/** One import, or re-export, of a file. */
export interface Import {
  /** As written; a relative one as the path from the root. */
  from: string
  kind: 'value' | 'type' | 'lazy'
}

/** Statements as the formatter leaves them: each begins a line, names its source in quotes. */
const STATIC = /^(?:import|export)\s(?:(?<clause>[^'"`;]*?)\sfrom\s)?'(?<from>[^']+)'/gm
const LAZY = /\bimport\('(?<from>[^']+)'\)/g

export function importsOf({ path, text }: SourceFile): Import[] {
  const found = (match: RegExpExecArray, kind: Import['kind']): Import => {
    const from = match.groups?.from ?? ''
    return { from: from.startsWith('.') ? posix.join(posix.dirname(path), from) : from, kind }
  }
  return [
    ...[...text.matchAll(STATIC)].map((match) => found(match, typesOnly(match.groups?.clause) ? 'type' : 'value')),
    ...[...text.matchAll(LAZY)].map((match) => found(match, isTypeQuery(text, match.index) ? 'type' : 'lazy')),
  ]
}

/** `type { A }`, or `{ type A, type B }`. */
function typesOnly(clause = ''): boolean {
  if (/^type\s/.test(clause)) return true
  const names = /^\{(.*)\}$/s
    .exec(clause.trim())?.[1]
    ?.split(',')
    .filter((name) => name.trim() !== '')
  return names?.every((name) => /^\s*type\s/.test(name)) ?? false
}

/** `typeof import('x')` and `import('x').Name` in a type: neither loads anything. */
function isTypeQuery(text: string, at: number): boolean {
  return /typeof\s+$/.test(text.slice(0, at)) || /[:<|&]\s*$/.test(text.slice(0, at))
}
