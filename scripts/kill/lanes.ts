import type { Block } from '../../src/block/block.ts'
import type { Pinned } from '../../src/block/pinned.ts'
import type { BlockSink } from '../../src/block/sink.ts'
import { type Call, callsOf, documentBlock, type Workload } from './calls.ts'

export type Blocks = ReadonlyMap<number, Block>

/** The blocks of all calls, made before, so that making them does not set the pace. */
export async function blocksOf(lanes: readonly (readonly Call[])[]): Promise<Blocks> {
  const documents = new Set(lanes.flat().flatMap((call) => call.documents))
  return new Map(await Promise.all([...documents].map(async (one) => [one, await documentBlock(one)] as const)))
}

export const lanesOf = ({ seed, pins, lanes }: Workload): readonly (readonly Call[])[] =>
  Array.from({ length: lanes }, (_, lane) => callsOf(seed, lane, pins))

/** Carries out calls, all lanes at once, each call after the one before it; says the lane of each that has resolved. */
export async function inLanes(
  sink: BlockSink & Pinned,
  lanes: ReadonlyMap<number, readonly Call[]>,
  done: (lane: number) => void
): Promise<void> {
  const blocks = await blocksOf([...lanes.values()])
  const cid = (document: number) => blocks.get(document)!.cid
  await Promise.all(
    [...lanes].map(async ([lane, calls]) => {
      for (const call of calls) {
        const { documents } = call
        if (call.verb === 'unpin') await sink.unpin(documents.map(cid))
        else {
          const root = call.root === undefined ? undefined : cid(call.root)
          await sink.pin(
            documents.map((document) => blocks.get(document)!),
            { root }
          )
        }
        done(lane)
      }
    })
  )
}
