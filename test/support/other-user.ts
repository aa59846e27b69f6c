import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** `nobody` on most systems; any uid but ours would do. */
const UID = 65_534

/**
 * Whether this process cannot act as another local user: only root may. With CI set nothing may be skipped, so that is
 * an error.
 */
export function lacksOtherUser(): boolean {
  const isRoot = process.getuid?.() === 0
  if (!isRoot && process.env.CI) throw new Error('CI must run the tests as root: some act as another local user')
  return !isRoot
}

/** Runs JavaScript as another local user; resolves with what it prints. */
export async function asOtherUser(code: string, ...args: readonly string[]): Promise<string> {
  const options = { uid: UID, gid: UID, cwd: '/', env: {}, timeout: 20_000 }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', code, ...args], options)
  return `${stdout}${stderr}`.trim()
}
