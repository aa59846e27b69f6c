/** Where a text comes from: TEXT, -m, -F FILE, stdin (- or -F -), or $EDITOR (-e). Exactly one of them. */

import { isUtf8 } from 'node:buffer'
import { promises as files } from 'node:fs'
import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import type { InStream } from '../io.ts'

/** A text file larger than this is no message; it is not read to its end. */
const MOST_BYTES = 1024 * 1024

/**
 * The text given on this command line, or null where none is.
 * @throws ImError USAGE (two sources), EMPTY_TEXT, BAD_UTF8, BAD_FILE, TOO_LONG.
 */
export async function givenText(context: Context, word: string | undefined, draft = ''): Promise<string | null> {
  const { flags, io } = context
  const sources = [
    word === undefined ? null : 'TEXT',
    flags.text === undefined ? null : '-m',
    flags.file === undefined ? null : '-F',
    flags.editor === undefined ? null : '-e',
  ].filter((source) => source !== null)
  if (sources.length > 1) {
    throw new ImError('USAGE', `the text is given twice: ${sources.join(' and ')}`, { hint: 'give one of them' })
  }
  if (flags.text !== undefined) return checkedArgument(flags.text)
  if (flags.editor) return checkedText(await editedText(context, draft))
  if (word === '-' || flags.file === '-') return checkedText(withoutLastNewline(await readStdin(io.stdin)))
  if (flags.file !== undefined) return checkedText(withoutLastNewline(await readTextFile(flags.file)))
  return word === undefined ? null : checkedArgument(word)
}

/** The same, where there has to be one. */
export async function neededText(context: Context, word: string | undefined): Promise<string> {
  const text = await givenText(context, word)
  if (text !== null) return text
  throw new ImError('INPUT_NEEDED', 'the text is missing', { hint: 'TEXT, -m TEXT, -F FILE, - for stdin, or -e' })
}

export function checkedText(text: string): string {
  if (text.trim() === '') throw new ImError('EMPTY_TEXT')
  if (text.includes('\0')) throw new ImError('BAD_UTF8', 'the text has a NUL character')
  return text
}

/** Node has made U+FFFD of the bytes of an argument that are no UTF-8: nothing else can tell that they were there. */
function checkedArgument(text: string): string {
  if (text.includes('\ufffd'))
    throw new ImError('BAD_UTF8', undefined, { hint: 'a text that has U+FFFD goes through -F' })
  return checkedText(text)
}

/** Opens $VISUAL or $EDITOR with the draft; what is saved is the text. */
export async function editedText({ io, canAsk }: Context, draft: string): Promise<string> {
  if (!canAsk) throw new ImError('INPUT_NEEDED', 'there is no terminal for an editor', { hint: 'use -m or -F' })
  const { editInEditor } = await import('./editor.ts')
  return withoutLastNewline(await editInEditor(io, draft))
}

export async function readStdin(stdin: InStream, mostBytes = MOST_BYTES): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (bytes > mostBytes) throw new ImError('TOO_LONG', `what stdin holds is over ${mostBytes / 2 ** 20} MiB`)
    chunks.push(buffer)
  }
  return decoded(Buffer.concat(chunks))
}

export async function readTextFile(path: string, mostBytes = MOST_BYTES): Promise<string> {
  // Reached through node:fs, which loads them when they are used: 0.7 ms.
  const bytes = await files.readFile(path).catch((error: Error) => {
    throw new ImError('BAD_FILE', `cannot read ${path}: ${error.message}`, { cause: error })
  })
  if (bytes.length > mostBytes) throw new ImError('TOO_LONG', `${path} is over ${mostBytes / 2 ** 20} MiB`)
  return decoded(bytes)
}

function decoded(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new ImError('BAD_UTF8')
  return bytes.toString('utf8')
}

/** Editors and `echo` end a file with one; no more is taken away. */
function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}
