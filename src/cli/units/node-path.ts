/** Which node a service is to run: one that is still there after the next `nvm install`. */
import { join } from 'node:path'

export interface NodeChoice {
  /** What to run in place of `node`: a path, or a program that finds one. */
  argv: readonly string[]
  env: readonly (readonly [string, string])[]
  /** What the user should know of it. */
  note: string | null
}

export interface NodeSearch {
  /** The node that runs now, links resolved. */
  execPath: string
  home: string
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  /** The file behind all links; null where there is none. */
  realPath(path: string): string | null
  /** Whether it runs, and is new enough for im. */
  isUsable(path: string): Promise<boolean>
}

/** Where version managers keep a node that goes when another one comes. */
const MANAGED: readonly (readonly [RegExp, string])[] = [
  [/[\\/]\.?nvm[\\/]/, 'nvm'],
  [/[\\/]\.?fnm(_multishells)?[\\/]/, 'fnm'],
  [/[\\/]\.?volta[\\/]/i, 'volta'],
  [/[\\/]\.asdf[\\/]/, 'asdf'],
  [/[\\/]mise[\\/]/, 'mise'],
  [/[\\/]n[\\/]versions[\\/]/, 'n'],
  [/[\\/]\.?nodenv[\\/]/, 'nodenv'],
  [/[\\/]Cellar[\\/]/, 'Homebrew'],
  [/^\/nix\/store\//, 'Nix'],
]

/** The version manager a path belongs to; null: none. */
export function managerOf(path: string): string | null {
  return MANAGED.find(([pattern]) => pattern.test(path))?.[1] ?? null
}

const SYSTEM_NODES = [
  '/usr/bin/node',
  '/usr/local/bin/node',
  '/opt/homebrew/bin/node',
  '/run/current-system/sw/bin/node',
  '/snap/bin/node',
]

/** Paths that stay while the version behind them changes. */
function shims({ home, env }: Pick<NodeSearch, 'home' | 'env'>): string[] {
  return [
    join(env.VOLTA_HOME || join(home, '.volta'), 'bin', 'node'),
    join(env.ASDF_DATA_DIR || join(home, '.asdf'), 'shims', 'node'),
    join(env.MISE_DATA_DIR || join(home, '.local', 'share', 'mise'), 'shims', 'node'),
    join(env.FNM_DIR || join(home, '.local', 'share', 'fnm'), 'aliases', 'default', 'bin', 'node'),
    join(env.NODENV_ROOT || join(home, '.nodenv'), 'shims', 'node'),
    join(home, '.nix-profile', 'bin', 'node'),
  ]
}

/**
 * In this order: a well-known path to the very node that runs now; that node itself, if no version manager will take it
 * away; another of the system; the manager's own lasting path; nvm's way to run its default; whatever `env` finds.
 */
export async function chooseNode(search: NodeSearch): Promise<NodeChoice> {
  const { execPath, env, home, realPath } = search
  const plain = (path: string, note: string | null = null): NodeChoice => ({ argv: [path], env: [], note })
  const own = realPath(execPath) ?? execPath
  const manager = managerOf(own)

  const lasting = search.platform === 'win32' ? [] : SYSTEM_NODES
  const same = lasting.find((path) => realPath(path) === own)
  if (same !== undefined) return plain(same)
  if (manager === null) return plain(execPath)
  for (const path of lasting) {
    if (await search.isUsable(path)) return plain(path, `the node of ${manager} may go, so it runs ${path}`)
  }
  for (const path of shims(search)) {
    if (await search.isUsable(path)) return plain(path, `it runs whichever node is the default of ${managerOf(path)}`)
  }
  const nvmExec = join(env.NVM_DIR || join(home, '.nvm'), 'nvm-exec')
  if (manager === 'nvm' && realPath(nvmExec) !== null) {
    const note = "it runs whichever node is nvm's default: nvm alias default"
    return { argv: [nvmExec, 'node'], env: [['NODE_VERSION', 'default']], note }
  }
  if (search.platform === 'win32') {
    return plain(execPath, `this node belongs to ${manager}; install again after it has gone`)
  }
  return {
    argv: ['/usr/bin/env', 'node'],
    env: [['PATH', env.PATH || '/usr/local/bin:/usr/bin:/bin']],
    note: `this node belongs to ${manager} and there is no other; it runs the first one on the PATH of now`,
  }
}
