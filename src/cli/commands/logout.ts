import type { Context } from '../context.ts'

export async function run({ call, out, flags }: Context): Promise<number> {
  const account = await call('account.logout', { all: flags.allDevices ?? false, force: flags.yes ?? false })
  await out.said(account, {
    id: account.uin,
    text: () => (flags.allDevices ? 'logged out on every device' : 'logged out'),
  })
  return 0
}
