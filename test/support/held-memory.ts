/** What a process of Node holds once its garbage is gone: its resident size says more of when it last looked for any. */
import { WebSocket } from 'ws'

/** For the process that is to be asked. */
export const INSPECTED = '--inspect=127.0.0.1:0'

const MEMORY = 'const { heapUsed, external } = process.memoryUsage(); (heapUsed + external) / 1048576'

/** In MiB: objects, and the buffers they hold. `printed`: what the process has said, and with it where its inspector is. */
export async function heldMib(printed: string): Promise<number> {
  const [, url] = /Debugger listening on (ws:\S+)/.exec(printed) ?? []
  if (url === undefined) throw new Error('this process has no inspector')
  const inspector = new WebSocket(url)
  let calls = 0
  const call = (method: string, params = {}): Promise<{ result?: { value?: unknown } }> =>
    new Promise((resolve, reject) => {
      const id = ++calls
      inspector.on('error', reject)
      inspector.on('close', () => reject(new Error('the process has gone')))
      inspector.on('message', (data) => {
        const answer = JSON.parse(String(data))
        if (answer.id === id) resolve(answer.result)
      })
      inspector.send(JSON.stringify({ id, method, params }))
    })
  try {
    await new Promise((resolve, reject) => inspector.once('open', resolve).once('error', reject))
    await call('HeapProfiler.collectGarbage')
    const { result } = await call('Runtime.evaluate', { expression: `{ ${MEMORY} }`, returnByValue: true })
    if (typeof result?.value !== 'number') throw new Error('the inspector did not say')
    return result.value
  } finally {
    inspector.close()
  }
}
