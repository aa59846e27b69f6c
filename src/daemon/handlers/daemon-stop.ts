import type { Handler } from '../core.ts'
import { daemonView } from './daemon-status.ts'

/** Answers, then stops. */
export const daemonStop: Handler<'daemon.stop'> = (core) => {
  core.options.onStop()
  return daemonView(core)
}
