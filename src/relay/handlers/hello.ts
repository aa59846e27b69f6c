import { ImError } from '../../protocol/errors.ts'
import { IM_VERSION, SUPPORTED_PROTOCOLS } from '../../protocol/version.ts'
import type { OpenHandler } from '../context.ts'

export const hello: OpenHandler<'hello'> = ({ protocols }, relay) => {
  const common = protocols.filter((protocol) => SUPPORTED_PROTOCOLS.includes(protocol))
  if (common.length === 0) {
    throw new ImError('RELAY_PROTOCOL', `This relay speaks protocol ${SUPPORTED_PROTOCOLS.join(', ')}.`, {
      hint: Math.max(...protocols) > Math.max(...SUPPORTED_PROTOCOLS) ? 'the relay is older: update it' : 'update im',
    })
  }
  return {
    protocol: Math.max(...common),
    relay: relay.id,
    version: IM_VERSION,
    limits: relay.config.limits,
    now: relay.host.clock.now(),
  }
}
