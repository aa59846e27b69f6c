import { describe, expect, it } from 'vitest'
import {
  type DeviceToken,
  hashDeviceToken,
  isDeviceToken,
  makeDeviceToken,
  parseDeviceToken,
} from '../../../src/sealing/device-token.ts'
import { flips, random } from './support.ts'

const ID = 'd_0123456789abcd-Z'

describe('a device token', () => {
  it('names its device and carries 256 random bits', () => {
    const asked: number[] = []
    const token = makeDeviceToken(ID, (length) => {
      asked.push(length)
      return random(length)
    })
    expect(asked).toEqual([32])
    expect(parseDeviceToken(token)).toEqual({ deviceId: ID, token })
    expect(makeDeviceToken(ID, random)).not.toBe(token)
  })

  it('is recognised by a hash that does not contain it', () => {
    const token = makeDeviceToken(ID, random)
    const hash = hashDeviceToken(token)
    expect(isDeviceToken(token, hash)).toBe(true)
    expect(token).not.toContain(hash)
    expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('is not recognised with any one character changed, nor against a hash of another form', () => {
    const token = makeDeviceToken(ID, random)
    const hash = hashDeviceToken(token)
    for (const changed of flips(token)) expect(isDeviceToken(changed as DeviceToken, hash)).toBe(false)
    for (const wrong of ['', hash.slice(1), `${hash}A`]) expect(isDeviceToken(token, wrong)).toBe(false)
  })

  it('is nothing else', () => {
    const token = makeDeviceToken(ID, random)
    const others = ['', '.', ID, `${ID}.`, token.slice(0, -1), `${token}A`, `${token}\n`, `short.${token.slice(-43)}`]
    for (const text of [...others, `${ID}.${token}`, token.replace('.', ' ')]) expect(parseDeviceToken(text)).toBeNull()
  })
})
