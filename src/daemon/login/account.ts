import { isUin, type Uin, uinDigits } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import { type Link, parseInvite, parseRelay } from '../../protocol/link.ts'
import type { LocalParams } from '../../protocol/local-api.ts'
import { SealError } from '../../sealing/seal-error.ts'
import type { Core } from '../core.ts'
import { type AccountRow, ALL_SPACES, keys } from '../mirror/rows.ts'
import { type Exchange, exchange, type ProvedAccount, prove, replaceSecret } from './proof.ts'
import { begin, type DeviceSecret, end } from './session.ts'

interface NewSession {
  uin: Uin
  deviceId: string
  nick: string | null
  secret: DeviceSecret
}

function refuseSecondLogin(core: Core): void {
  const { account } = core.ledger.state
  if (account === null) return
  throw new ImError('LOGGED_IN_ALREADY', `${account.uin} is logged in here.`, {
    hint: 'im logout, or another --profile',
  })
}

/** The relay that is meant, as an address or as a link; an invite may stand in the link or apart. */
function target(core: Core, params: { relay?: string | undefined; invite?: string | undefined }): Link {
  const { relay, invite } = parseRelay(params.relay ?? core.options.defaultRelay)
  const given = params.invite ?? invite
  if (given !== null) parseInvite(given)
  return { relay, invite: given }
}

/** Puts the secret where it can lie, then the account row, then starts the session. */
async function settle(
  core: Core,
  relay: string,
  params: { tokenStore?: 'keychain' | 'file' | undefined },
  made: NewSession,
): Promise<void> {
  const store = await core.options.secrets(params.tokenStore ?? core.options.settings.tokenStore)
  await store.set(JSON.stringify(made.secret))
  const account: AccountRow = {
    uin: made.uin,
    relay,
    deviceId: made.deviceId,
    deviceName: core.options.deviceName,
    nick: made.nick,
    tokenStore: store.backend,
    refused: null,
  }
  await core.ledger.change((tx) => tx.put(keys.account, account))
  begin(core, account, made.secret)
}

/** Makes an account; the recovery code, which is shown once and kept nowhere. */
export async function register(core: Core, params: LocalParams<'account.register'>): Promise<string> {
  refuseSecondLogin(core)
  const { relay, invite } = target(core, params)
  const [{ makeKeyBundle }, sealingKeys, recovery] = await Promise.all([
    import('../../sealing/key-bundle.ts'),
    import('../../sealing/keys.ts'),
    import('../../sealing/recovery-code.ts'),
  ])
  const { random } = core.host
  const code = recovery.makeRecoveryCode(random)
  const made = await exchange(core, relay, async ({ peer, work }): Promise<NewSession> => {
    const starts = {
      password: await work.startRegistration(params.password),
      recovery: await work.startRegistration(code),
    }
    const offered = await peer.call('register.start', {
      password: starts.password.request,
      recovery: starts.recovery.request,
      invite,
    })
    const { uin } = offered
    const password = await work.finishRegistration({ uin, kind: 'password' }, starts.password, offered.password)
    const recovered = await work.finishRegistration({ uin, kind: 'recovery' }, starts.recovery, offered.recovery)
    const accountKeys = sealingKeys.makeAccountKeys(random)
    const exportKeys = { password: password.exportKey, recovery: recovered.exportKey }
    const { deviceId, token } = await peer.call('register.finish', {
      uin,
      passwordRecord: password.record,
      recoveryRecord: recovered.record,
      bundle: makeKeyBundle(uin, accountKeys, exportKeys, random),
      nick: params.nick ?? null,
      deviceName: core.options.deviceName,
    })
    const secret = { token, keys: sealingKeys.exportAccountKeys(accountKeys) }
    return { uin, deviceId, nick: params.nick ?? null, secret }
  })
  await settle(core, relay, params, made)
  return recovery.formatRecoveryCode(code)
}

function uinOf(typed: string): Uin {
  const digits = uinDigits(typed)
  if (digits !== null && isUin(digits)) return digits
  throw new ImError('BAD_UIN', `${typed} is no valid UIN: a UIN has ten digits and ends with a check digit.`)
}

/** A device for whoever has proved itself; its secret is what this terminal keeps. */
async function newSession(core: Core, { peer }: Exchange, uin: Uin, proved: ProvedAccount): Promise<NewSession> {
  const { exportAccountKeys } = await import('../../sealing/keys.ts')
  const { deviceId, token } = await peer.call('login.finish', { deviceName: core.options.deviceName })
  return { uin, deviceId, nick: proved.nick, secret: { token, keys: exportAccountKeys(proved.keys) } }
}

/** Logs this device in to an account that exists. */
export async function login(core: Core, params: LocalParams<'account.login'>): Promise<void> {
  refuseSecondLogin(core)
  const uin = uinOf(params.uin)
  const { relay } = target(core, params)
  const made = await exchange(core, relay, async (given) =>
    newSession(core, given, uin, await prove(given, { uin, kind: 'password' }, params.password)),
  )
  await settle(core, relay, params, made)
}

/** The same with the recovery code, which sets a new password; a mistyped one never leaves this machine. */
export async function recover(core: Core, params: LocalParams<'account.recover'>): Promise<void> {
  refuseSecondLogin(core)
  const uin = uinOf(params.uin)
  const { relay } = target(core, params)
  const code = await recoveryCodeOf(params.code)
  const made = await exchange(core, relay, async (given) => {
    const proved = await prove(given, { uin, kind: 'recovery' }, code)
    await replaceSecret(given, { uin, kind: 'password' }, proved, params.password, core.host.random)
    return newSession(core, given, uin, proved)
  })
  await settle(core, relay, params, made)
}

async function recoveryCodeOf(typed: string): Promise<string> {
  const { parseRecoveryCode } = await import('../../sealing/recovery-code.ts')
  try {
    return parseRecoveryCode(typed)
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    const message =
      error.reason === 'typo'
        ? 'The recovery code is mistyped: its last four symbols do not fit the others.'
        : 'That is no recovery code: it has six groups of five letters and digits.'
    throw new ImError('USAGE', message, { hint: 'look at it again; nothing was sent', cause: error })
  }
}

/** Ends this device's session (or all of the account's), and wipes what this profile holds. */
export async function logout(core: Core, { all, force }: LocalParams<'account.logout'>): Promise<void> {
  const { account } = core.ledger.state
  if (account === null) throw new ImError('NOT_LOGGED_IN')
  const unsent = core.outbox.size
  if (unsent > 0 && !force) {
    const what = unsent === 1 ? '1 change has' : `${unsent} changes have`
    throw new ImError('UNSENT', `${what} not reached the relay yet and would be lost.`, {
      hint: 'wait for the relay, or im logout -y',
    })
  }
  if (account.refused === null) {
    try {
      const peer = await core.link.ready(2_000)
      await peer.call('session.logout', { all })
    } catch (error) {
      // The token stays good at the relay until it is revoked there; who insists is let go all the same.
      if (!force) throw error
    }
  }
  await forget(core, account)
}

/** Nothing of the account stays here: neither its secret nor a row. */
export async function forget(core: Core, account: AccountRow): Promise<void> {
  await end(core)
  const store = await core.options.secrets(account.tokenStore)
  await store.remove()
  await core.ledger.change(async (tx) => {
    for (const space of ALL_SPACES) await tx.clear(space)
  })
}
