import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImError } from '../../protocol/errors.ts'
import type { Io } from '../io.ts'

/**
 * Lets the person edit a text in their editor, in a private file that is gone afterwards. $VISUAL and $EDITOR may
 * hold arguments (`code --wait`), split at spaces; no shell reads them.
 */
export async function editInEditor(io: Io, draft: string): Promise<string> {
  const [program = 'vi', ...args] = (io.env.VISUAL || io.env.EDITOR || 'vi').split(' ').filter((word) => word !== '')
  const directory = await mkdtemp(join(tmpdir(), 'im-'))
  const file = join(directory, 'message.txt')
  try {
    await writeFile(file, draft === '' ? '' : `${draft}\n`, { mode: 0o600 })
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(program, [...args, file], { stdio: 'inherit', env: { ...io.env } })
      child.once('error', (cause) => reject(new ImError('BAD_FILE', `cannot run the editor ${program}`, { cause })))
      child.once('exit', resolve)
    })
    if (code !== 0) throw new ImError('INTERRUPTED', 'the editor gave up; nothing was changed')
    return await readFile(file, 'utf8')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
