import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Block } from '../../src/block/block.ts'
import { gateway } from '../../src/block/gateway.ts'
import { fetchBlock } from '../../src/block/source.ts'
import { isArchiveError } from '../../src/errors.ts'
import { add, flipped, NOTHING, type Tally, tallyOf } from './tally.ts'

const LANES = 32

/** Asks a gateway for documents, one bit of which it changes: another one each time, every `stride`th byte of all. */
export async function flipOverGateway(blocks: readonly Block[], stride: number): Promise<Tally> {
  const kept = new Map(blocks.map(({ cid, bytes }) => [String(cid), bytes]))
  const asked = new Map<string, number>()
  const server = createServer((request, response) => {
    const cid = /\/ipfs\/(\w+)/.exec(request.url ?? '')?.[1] ?? ''
    const place = asked.get(cid) ?? 0
    asked.set(cid, place + stride)
    response.setHeader('content-type', 'application/vnd.ipld.raw')
    response.end(flipped(kept.get(cid)!, place * 8 + (place % 8)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const source = gateway(`http://127.0.0.1:${port}`)
    const queue = blocks.flatMap((block) => Array.from({ length: Math.ceil(block.bytes.length / stride) }, () => block))
    let tally = NOTHING
    const lane = async (): Promise<void> => {
      for (let block = queue.pop(); block !== undefined; block = queue.pop()) {
        const answer = await orRefused(fetchBlock([source], block.cid))
        tally = add(tally, tallyOf(1, [[block, answer?.bytes]]))
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    return tally
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** @throws what is not said to be wrong bytes: a gateway that was not reached would make for a test of nothing */
async function orRefused(answer: Promise<Block>): Promise<Block | undefined> {
  try {
    return await answer
  } catch (error) {
    if (!isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    if (!error.details.reasons.every((reason) => reason.includes('sent other bytes'))) throw error
    return undefined
  }
}
