import { ImError } from '../../protocol/errors.ts'
import type { LoginKind } from '../../sealing/login-wire.ts'
import type { StoredLogin } from '../accounts/account-state.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { Connection, Proved } from '../context.ts'

export function recordOf(login: StoredLogin, kind: LoginKind): string {
  return kind === 'password' ? login.passwordRecord : login.recoveryRecord
}

/** The same sentence whatever was wrong: nobody learns whether there is such an account. */
export function wrongLogin(kind: LoginKind): ImError {
  return new ImError('WRONG_LOGIN', `UIN or ${kind === 'password' ? 'password' : 'recovery code'} is wrong.`)
}

/** Who has proved itself on this connection. */
export function requireProof(connection: Connection): Proved {
  if (connection.proved === null) throw new ImError('USAGE', 'Prove the password first.')
  return connection.proved
}

/** What is stored of whoever has proved itself, if the record it proved still stands: it may have been replaced since. */
export function stillProved(account: AccountTx, { kind, record }: Proved): StoredLogin {
  const { login } = account
  if (login === null || recordOf(login, kind) !== record) throw wrongLogin(kind)
  refuseDisabled(login)
  return login
}

/** Told only to whoever holds a password or token of it. */
export function refuseDisabled({ disabledAt }: StoredLogin): void {
  if (disabledAt !== null) throw disabled()
}

export function disabled(): ImError {
  return new ImError('TOKEN_REFUSED', 'The operator of this relay has disabled this account.', {
    hint: 'ask them; then: im daemon restart',
  })
}
