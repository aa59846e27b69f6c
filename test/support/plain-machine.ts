import type { DaemonOptions } from '../../src/daemon/core.ts'

/** What a daemon in this process is told of a machine that nobody looks at. */
export function plainMachine(name: string) {
  return {
    version: '0.0.0',
    profile: name,
    deviceName: name,
    defaultRelay: 'ws://127.0.0.1:1',
    settings: {
      tokenStore: 'auto',
      notify: { messages: true, friends: true, preview: 'full' },
      snooze: '10m',
      active: true,
      run: null,
    },
    desktop: {},
    process: { pid: null, socket: null, rssBytes: () => null, notifyFailure: () => null },
    onStop: () => {},
  } satisfies Partial<DaemonOptions>
}
