import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Request } from '../../src/registry/request.ts'

/** One node's answers over connections that stay open, without what `fetch` does besides for so many small ones. */
export interface Post {
  readonly request: Request
  /** The results of several calls, in their order; of none that fails. */
  readonly batch: (calls: readonly Call[]) => Promise<readonly unknown[]>
  readonly close: () => void
}

type Call = Parameters<Request>[0]

interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

export function postTo(port: number): Post {
  const agent = new Agent({ keepAlive: true })
  const headers = { 'content-type': 'application/json' }

  const post = async (body: string): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    request({ host: '127.0.0.1', port, agent, method: 'POST', headers }, (response) => {
      text(response).then(resolve, reject)
    })
      .on('error', reject)
      .end(body)
    return JSON.parse(await promise)
  }

  return {
    async request({ method, params }) {
      const { error, result } = (await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) as Reply
      if (error === undefined) return result
      throw Object.assign(new Error(`the node answered: ${error.message}`), { code: error.code, data: error.data })
    },
    async batch(calls) {
      if (calls.length === 0) return []
      const body = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }))
      const replies = (await post(JSON.stringify(body))) as readonly Reply[]
      return replies.toSorted((a, b) => a.id - b.id).map(({ result }) => result)
    },
    close: () => agent.destroy()
  }
}
