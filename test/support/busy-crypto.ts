/**
 * How many WebCrypto calls of this process are under way. HPKE runs on threads of its own, which no number of turns of
 * the event loop waits for: a test that lets things settle asks here as well.
 */
const METHODS = [
  'importKey',
  'exportKey',
  'generateKey',
  'deriveBits',
  'deriveKey',
  'sign',
  'encrypt',
  'decrypt',
] as const

type Method = (...args: unknown[]) => Promise<unknown>

const counted = Symbol.for('im test: WebCrypto calls under way')
type Counter = { underWay: number }

/** Wraps the methods once a process, however often this module is loaded. */
export function cryptoUnderWay(): number {
  const subtle = Object.getPrototypeOf(crypto.subtle) as Record<string, Method> & { [counted]?: Counter }
  const known = subtle[counted]
  if (known !== undefined) return known.underWay
  const counter: Counter = { underWay: 0 }
  subtle[counted] = counter
  for (const name of METHODS) {
    const real = subtle[name]
    if (real === undefined) continue
    subtle[name] = function (this: unknown, ...args: unknown[]) {
      counter.underWay++
      return real.apply(this, args).finally(() => {
        counter.underWay--
      })
    }
  }
  return 0
}
