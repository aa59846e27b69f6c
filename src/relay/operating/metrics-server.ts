import { createServer } from 'node:http'
import { ImError } from '../../protocol/errors.ts'
import type { Relay } from '../relay.ts'
import { HTTP_LIMITS, listening, urlOf } from '../server.ts'
import { type Listen, parseMetricsAddress } from './listen.ts'
import type { Metrics } from './metrics.ts'

export interface MetricsServer {
  /** Where they are to be fetched. */
  url: string
  close(): Promise<void>
}

/** Throws USAGE for what is no address, and for where the relay listens itself. */
function parseMetricsListen(text: string, relay: Listen): Listen {
  const listen = parseMetricsAddress(text)
  if (listen.port !== 0 && listen.port === relay.port) {
    throw new ImError('USAGE', `The relay listens on port ${relay.port} itself.`, {
      hint: 'metrics want a port of their own: --metrics 127.0.0.1:9464',
    })
  }
  return listen
}

/** What counts, and what shows it once there is a relay to look at. */
export interface CountedMetrics {
  metrics: Metrics
  serve(relay: Relay): Promise<MetricsServer>
}

/** Null where nobody asked for any. */
export async function countedMetrics(where: string | null, relayListen: Listen): Promise<CountedMetrics | null> {
  if (where === null) return null
  const listen = parseMetricsListen(where, relayListen)
  const { createMetrics } = await import('./metrics.ts')
  const metrics = createMetrics()
  return {
    metrics,
    serve(relay) {
      metrics.watch(relay)
      return serveMetrics(metrics, listen)
    },
  }
}

/** Metrics have a listener of their own, so that whoever may use the relay may not read them. Rejects with IO. */
async function serveMetrics(metrics: Metrics, listen: Listen): Promise<MetricsServer> {
  const server = createServer(HTTP_LIMITS, async (request, reply) => {
    const isFound = request.url?.split('?', 1)[0] === '/metrics'
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    // A browser page has no business here.
    const status = request.headers.origin !== undefined ? 403 : !isFound ? 404 : isRead ? 200 : 405
    const type = status === 200 ? metrics.contentType : 'text/plain'
    reply.writeHead(status, { 'content-type': type, connection: 'close' })
    const body = status === 200 ? await metrics.text() : 'Metrics are at /metrics.\n'
    reply.end(request.method === 'HEAD' ? undefined : body)
  })
  await listening(server, listen).catch((cause: unknown) => {
    throw new ImError('IO', `Cannot listen on ${listen.host}:${listen.port} for metrics.`, {
      hint: '--metrics HOST:PORT',
      cause,
    })
  })
  return {
    url: `http://${urlOf(server)}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
