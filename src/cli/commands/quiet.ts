import type { Context } from '../context.ts'

export async function run({ call, flags, out, words: [span = ''] }: Context): Promise<number> {
  const off = span === 'off'
  const account = await call('quiet.set', {
    span: off ? null : span,
    ...(flags.tz !== undefined && { tz: flags.tz }),
  })
  const sentence = off
    ? 'no quiet hours'
    : `nothing is sent or shown by itself in ${span}; what you set a time for goes on time`
  await out.said(account, { id: account.uin, text: () => Promise.resolve(sentence) })
  return 0
}
