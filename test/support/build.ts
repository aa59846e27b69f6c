import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds the programs once for a whole test run: scenarios start them as people do. */
export function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.js', import.meta.url))], {
    stdio: 'inherit',
  })
}
