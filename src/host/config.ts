import { readFile, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse, TomlError } from 'smol-toml'
import { CONFIG_KEYS, type ConfigKey, type ConfigValues, isConfigKey, type KeySpec } from './config-keys.ts'
import { HostError, systemCode } from './host-error.ts'
import { ensurePrivateDir } from './private-dir.ts'
import { writePrivateFile } from './private-file.ts'
import { setTomlLine, unsetTomlLine } from './toml-lines.ts'

/** A profile's settings as they were when the file was read. */
export interface Config {
  get<K extends ConfigKey>(key: K): ConfigValues[K]
  /** Every key im knows, in the order of the table. */
  list(): ConfigRow[]
  /** Keys in the file that im does not know: misspelt, or from another version. */
  readonly unknown: readonly string[]
}

/** A value as a person reads it: a command word by word, quoted where that shows where one ends. */
export function settingText(value: ConfigRow['value']): string {
  if (value === null || typeof value !== 'object') return String(value ?? '')
  return value.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
}

export interface ConfigRow {
  key: ConfigKey
  value: string | boolean | readonly string[] | null
  source: 'file' | 'default'
  about: string
}

/**
 * Reads `config.toml`; a file that is not there is an empty one. What cannot be understood is a HostError `bad-file`
 * that names file, line and column, or the key: a broken file is never taken for an empty one.
 */
export async function readConfig(path: string): Promise<Config> {
  const entries = leaves(await readText(path), path)
  for (const [key, value] of entries) if (isConfigKey(key)) checkValue(key, value, 'bad-file', `${path}: `)
  const current = (key: ConfigKey): unknown => (entries.has(key) ? entries.get(key) : CONFIG_KEYS[key].fallback)
  return {
    get: <K extends ConfigKey>(key: K) => current(key) as ConfigValues[K],
    list: () => CONFIG_KEY_NAMES.map((key) => rowOf(key, current(key), entries.has(key))),
    unknown: [...entries.keys()].filter((key) => !isConfigKey(key)),
  }
}

/**
 * Changes one line, or adds one. A command is given word by word. An unknown key or a value it cannot have is a HostError
 * `usage`.
 */
export async function setConfig(path: string, key: string, ...words: readonly string[]): Promise<void> {
  const known = knownKey(key)
  const typed = typedValue(known, words)
  checkValue(known, typed, 'usage')
  const before = await readText(path)
  const wanted = leaves(before, path).set(known, typed)
  await replaceText(path, setTomlLine(before, known, JSON.stringify(typed)), wanted, known)
}

/** Removes the key's line, so that its default counts again. */
export async function unsetConfig(path: string, key: string): Promise<void> {
  const known = knownKey(key)
  const before = await readText(path)
  const wanted = leaves(before, path)
  if (wanted.delete(known)) await replaceText(path, unsetTomlLine(before, known), wanted, known)
}

const CONFIG_KEY_NAMES = Object.keys(CONFIG_KEYS).filter(isConfigKey)

function knownKey(key: string): ConfigKey {
  if (isConfigKey(key)) return key
  throw new HostError('usage', `There is no setting ${JSON.stringify(key)}. There are: ${CONFIG_KEY_NAMES.join(', ')}.`)
}

function rowOf(key: ConfigKey, value: unknown, inFile: boolean): ConfigRow {
  const shown = typeof value === 'string' || typeof value === 'boolean' || isCommand(value) ? value : null
  return { key, value: shown, source: inFile ? 'file' : 'default', about: CONFIG_KEYS[key].about }
}

function booleanWord(text: string): boolean | null {
  return text === 'true' ? true : text === 'false' ? false : null
}

function typedValue(key: ConfigKey, words: readonly string[]): unknown {
  const { type } = CONFIG_KEYS[key]
  if (type === 'command') return words
  const [value = '', ...more] = words
  if (more.length > 0) throw new HostError('usage', `${key} takes one value, not ${words.length}. Quote it.`)
  return type === 'boolean' ? (booleanWord(value) ?? value) : value
}

/** A program, and perhaps arguments. */
function isCommand(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string') && (value[0] ?? '') !== ''
}

function checkValue(key: ConfigKey, value: unknown, reason: 'usage' | 'bad-file', where = ''): void {
  const spec: KeySpec = CONFIG_KEYS[key]
  if (isAllowed(spec, value)) return
  const wants = wantedBy(spec)
  throw new HostError(reason, `${where}${key} is ${wants}, not ${JSON.stringify(value)}.`)
}

function isAllowed(spec: KeySpec, value: unknown): boolean {
  if (spec.type === 'boolean') return typeof value === 'boolean'
  if (spec.type === 'command') return isCommand(value)
  if (typeof value !== 'string') return false
  return (spec.oneOf?.includes(value) ?? true) && (spec.like?.pattern.test(value) ?? true)
}

function wantedBy(spec: KeySpec): string {
  if (spec.type === 'boolean') return 'true or false'
  if (spec.type === 'command') return 'a list of texts: a program and its arguments'
  return spec.oneOf?.join(' or ') ?? spec.like?.said ?? 'a text'
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return ''
    throw error
  }
}

/** All values of the file by their dotted key. */
function leaves(text: string, path: string): Map<string, unknown> {
  const found = new Map<string, unknown>()
  const visit = (table: object, prefix: string): void => {
    for (const [name, value] of Object.entries(table)) {
      if (Object.prototype.toString.call(value) === '[object Object]') visit(value, `${prefix}${name}.`)
      else found.set(prefix + name, value)
    }
  }
  visit(parseToml(text, path), '')
  return found
}

function parseToml(text: string, path: string): object {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const why = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')
    const line = text.split(/\r?\n/)[error.line - 1] ?? ''
    throw new HostError('bad-file', `${path}:${error.line}:${error.column}: ${why}: ${line.trim()}`)
  }
}

/** Writes the new text if it means exactly what is wanted. A link to the file stays a link. */
async function replaceText(path: string, text: string, wanted: Map<string, unknown>, key: string): Promise<void> {
  if (!meansExactly(text, wanted))
    throw new HostError('bad-file', `${key} stands in ${path} in a way im cannot change; please edit the file.`)
  ensurePrivateDir(dirname(path))
  const target = await realpath(path).catch(() => path)
  await writePrivateFile(target, text)
}

function meansExactly(text: string, wanted: Map<string, unknown>): boolean {
  try {
    return isDeepStrictEqual(leaves(text, ''), wanted)
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}
