import type { Handler } from '../core.ts'

/** A daemon of another version says so; the caller decides who gives way. */
export const hello: Handler<'hello'> = ({ options }, params, session) => {
  session.hello = params
  return { version: options.version, profile: options.profile }
}
