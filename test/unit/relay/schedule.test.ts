import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/relay/config.ts'
import { readRelayConfig } from '../../../src/relay/config-file.ts'
import { refusal } from '../../support/relay-world.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function configOf(toml: string) {
  const path = join(await tempDir(), 'relay.toml')
  await writeFile(path, toml)
  return readRelayConfig(path, false)
}

it('housekeeping has a schedule of its own in relay.toml', async () => {
  expect((await configOf('')).housekeeping).toBe(DEFAULT_CONFIG.housekeeping)
  expect((await configOf('housekeeping = "*/5 3-4 * * 1"')).housekeeping).toBe('*/5 3-4 * * 1')
})

it.each(['', 'daily', '61 4 * * *', '* * * * * *', '17 4 * *', '@daily'])(
  'a schedule that is none is a bad file: %s',
  async (schedule) => {
    expect(await refusal(configOf(`housekeeping = "${schedule}"`))).toBe('BAD_FILE')
  },
)
