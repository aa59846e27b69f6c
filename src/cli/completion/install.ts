/** Where each shell looks for the script, and what has to be said there besides. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ImError } from '../../protocol/errors.ts'
import type { Io } from '../io.ts'
import { MARK, SCRIPTS, SHELLS, type Shell } from './shells.ts'

export interface Placed {
  path: string
  change: 'written' | 'changed' | 'unchanged'
}

/** The shell the person uses. @throws ImError USAGE where it is another. */
export function shellOf(env: Io['env']): Shell {
  const name = basename(env.SHELL ?? '')
  const shell = SHELLS.find((known) => known === name)
  if (shell !== undefined) return shell
  throw new ImError(
    'USAGE',
    name === '' ? 'SHELL does not say which shell you use' : `there is no completion for ${name}`,
    {
      hint: `im completion ${SHELLS.join('|')} prints a script`,
    },
  )
}

/** bash-completion and fish load theirs by the command's name; zsh has no directory of one's own. */
export function placeOf(shell: Shell, env: Io['env']): string {
  const home = env.HOME
  if (!home) throw new ImError('USAGE', 'HOME is not set', { hint: `im completion ${shell} prints the script` })
  const data = env.XDG_DATA_HOME || join(home, '.local', 'share')
  const config = env.XDG_CONFIG_HOME || join(home, '.config')
  const places: Readonly<Record<Shell, string>> = {
    bash: join(env.BASH_COMPLETION_USER_DIR || join(data, 'bash-completion'), 'completions', 'im'),
    zsh: join(data, 'im', 'completion.zsh'),
    fish: join(config, 'fish', 'completions', 'im.fish'),
  }
  return places[shell]
}

/** Writes what is not there yet; what somebody else has put there stays. @throws ImError BAD_FILE. */
export async function install(shell: Shell, env: Io['env']): Promise<Placed[]> {
  const path = placeOf(shell, env)
  const placed = [await put(path, SCRIPTS[shell])]
  if (shell === 'zsh') placed.push(await source(join(env.ZDOTDIR || env.HOME || '', '.zshrc'), path))
  return placed
}

async function put(path: string, text: string): Promise<Placed> {
  const before = await readIfThere(path)
  if (before === text) return { path, change: 'unchanged' }
  if (before !== null && !before.includes(MARK)) {
    throw new ImError('BAD_FILE', `${path} is there already, and not ours`, { hint: `move it away first` })
  }
  await writeWhole(path, text)
  return { path, change: before === null ? 'written' : 'changed' }
}

/** One line in .zshrc, at its end, where compinit has run if it runs at all. */
async function source(path: string, script: string): Promise<Placed> {
  const quoted = `'${script.replaceAll("'", "'\\''")}'`
  const line = `[[ -r ${quoted} ]] && source ${quoted} # im completion`
  const before = await readIfThere(path)
  if (before?.split('\n').includes(line)) return { path, change: 'unchanged' }
  const gap = before === null || before === '' || before.endsWith('\n') ? '' : '\n'
  await writeFile(path, `${gap}${line}\n`, { flag: 'a' })
  return { path, change: before === null ? 'written' : 'changed' }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}
