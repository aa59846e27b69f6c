import type { AccountView, BackupView, DaemonView, FriendView, MessageView } from '../../src/protocol/views.ts'

export const BO = '4835022718'
export const ANA = '7992739875'

/** Views as a daemon gives them; what a test is about is laid over. */
export function accountView(over: Partial<AccountView> = {}): AccountView {
  return {
    v: 1,
    uin: ANA,
    nick: 'Ana',
    relay: 'ws://127.0.0.1:7465',
    device: 'desk',
    deviceId: 'dddddddddddddddddddddd',
    status: 'online',
    statusText: null,
    quiet: null,
    tokenStore: 'file',
    connected: true,
    backups: 0,
    recoveryCode: null,
    ...over,
  }
}

export function friendView(over: Partial<FriendView> = {}): FriendView {
  return {
    v: 1,
    uin: BO,
    nick: 'Bo',
    alias: null,
    state: 'friend',
    presence: 'online',
    since: '2026-11-22T10:00:00.000Z',
    statusText: null,
    notify: 'off',
    hide: false,
    quiet: null,
    verified: false,
    keyChanged: false,
    safetyNumber: null,
    stale: false,
    note: null,
    ...over,
  }
}

export function messageView(over: Partial<MessageView> = {}): MessageView {
  return {
    v: 1,
    id: 'mmmmmmmmmmmmmmmmmmmmmm',
    key: null,
    from: ANA,
    to: BO,
    at: '2026-11-22T10:00:00.000Z',
    text: 'hello',
    state: 'sent',
    read: false,
    backupId: null,
    error: null,
    unreadable: false,
    cursor: '1:7',
    stale: false,
    ...over,
  }
}

export function backupView(over: Partial<BackupView> = {}): BackupView {
  return {
    v: 1,
    id: '3fk2bbbbbbbbbbbbbbbbbb',
    rev: 1,
    key: null,
    to: BO,
    text: 'hello',
    note: null,
    unreadable: false,
    state: 'armed',
    action: 'send',
    countdownMs: null,
    trigger: {
      match: 'all',
      conditions: [{ kind: 'presence', who: BO, is: 'online', turns: null, holds: false }],
    },
    window: null,
    unless: { reply: null },
    late: { graceMs: 600_000, then: 'remind' },
    why: { code: 'WAITS', text: 'waits for Bo', waitsFor: [BO], lookAt: null },
    standIn: true,
    stored: 'relay',
    pending: null,
    createdAt: '2026-11-22T10:00:00.000Z',
    createdBy: 'desk',
    updatedAt: '2026-11-22T10:00:00.000Z',
    updatedBy: 'desk',
    armedAt: '2026-11-22T10:00:00.000Z',
    nextAt: null,
    dueAt: null,
    sent: null,
    error: null,
    repeat: null,
    occurrence: 1,
    occurrences: [],
    conflictOf: null,
    stale: false,
    ...over,
  }
}

export function daemonView(over: Partial<DaemonView> = {}): DaemonView {
  return {
    v: 1,
    running: true,
    pid: 4711,
    version: '0.1.0',
    socket: '/run/im/default.sock',
    connected: true,
    relay: 'ws://127.0.0.1:7465',
    cursor: '1:7',
    outbox: 0,
    armed: 0,
    nextAt: null,
    clockSkewMs: 0,
    rssBytes: 70_000_000,
    uptimeMs: 60_000,
    stale: false,
    notifyFailure: null,
    ...over,
  }
}
