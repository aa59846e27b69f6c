import type { VerbSpec } from '../verb.ts'

export const accountVerbs: readonly VerbSpec[] = [
  {
    name: 'register',
    words: '[LINK]',
    summary: 'make an account; prints its UIN, and a recovery code once',
    example: 'im register im://im.example.org/invite=k3v9q2m7x1c8w4t6k3v9q2m7 --nick Ana',
    flags: ['relay', 'nick', 'invite', 'passwordStdin', 'tokenStore'],
    load: () => import('../commands/register.ts'),
  },
  {
    name: 'login',
    words: 'UIN',
    summary: 'use an account on this terminal too',
    example: 'im login 4835022718',
    flags: ['relay', 'passwordStdin', 'tokenStore'],
    load: () => import('../commands/login.ts'),
  },
  {
    name: 'logout',
    words: '',
    summary: 'forget the account here; refused while something is unsent, unless -y',
    example: 'im logout',
    flags: ['allDevices'],
    load: () => import('../commands/logout.ts'),
  },
  {
    name: 'whoami',
    words: '',
    summary: 'the account, the device, the relay',
    example: 'im whoami --json',
    load: () => import('../commands/whoami.ts'),
  },
  {
    name: 'account devices',
    words: '',
    summary: 'where this account is logged in',
    example: 'im account devices',
    load: () => import('../commands/account-devices.ts'),
  },
  {
    name: 'account revoke',
    words: 'DEVICE',
    summary: 'cut a device off at once',
    example: 'im account revoke 7fq2',
    load: () => import('../commands/account-revoke.ts'),
  },
]
