import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Request } from '../../src/registry/request.ts'
import { type Change, changed, MISSING } from './mutate.ts'

/** One question as a node is asked it. */
export interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

/** A real HTTP server in front of the chain that changes one answer, or tells what it was asked. */
export interface Node {
  readonly url: string
  /** What is said in place of the truth from now on. */
  lie: { readonly key: string; readonly change: Change | 'error' } | undefined
  /** How often it lied. */
  told: number
  /** What was asked since it was emptied. */
  asked: Map<string, Call>
  readonly close: () => void
}

export const keyOf = ({ method, params }: Call): string => JSON.stringify([method, params])

/** A chain on which nothing happens any more answers one question once. */
export function remembering(request: Request): (call: Call) => Promise<unknown> {
  const known = new Map<string, Promise<unknown>>()
  return (call) => {
    const key = keyOf(call)
    // The chain in this process writes into what it is asked.
    const answer = known.get(key) ?? request(structuredClone(call))
    known.set(key, answer)
    return answer
  }
}

export async function openNode(ask: (call: Call) => Promise<unknown>): Promise<Node> {
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += String(chunk)
    const { id, method, params } = JSON.parse(body)
    const key = keyOf({ method, params })
    node.asked.set(key, { method, params })
    const lie = node.lie?.key === key ? node.lie.change : undefined
    if (lie !== undefined) node.told++
    response.setHeader('content-type', 'application/json')
    try {
      if (lie === 'error') throw new Error('execution failed')
      const truth = await ask({ method, params })
      const result = lie === undefined ? truth : changed(truth, lie)
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...(result !== MISSING && { result }) }))
    } catch (error) {
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: String(error) } }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const node: Node = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lie: undefined,
    told: 0,
    asked: new Map(),
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
  return node
}
