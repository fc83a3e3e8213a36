import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { fdatasyncSync, writeSync } from 'node:fs'
import { type Block, toBlock } from '../src/block/block.ts'
import { encode } from '../src/document/canonical.ts'
import type { Job } from './bar.ts'
import { benchCase, type Case, compare } from './compare.ts'
import { documents } from './documents.ts'
import { openLog } from './store-log.ts'
import { type Kept, type Opened, openAppended, openOurs, openPeer, type PeerKind } from './stores.ts'

const LIMIT = 'JSON.stringify + sha-256 + append (limit: not canonical, not synced)'
const OURS = 'trend-archive, all in one pin'
const LOG = 'a log (prototype), all in one pin'
const peerName = (kind: PeerKind): string => `Helia json.add + pins.add, blockstore-${kind}`

/** From documents to durable, pinned blocks. The peers keep fewer documents, and their times are scaled. */
export const pinMany = (count: number): Job => ({
  run: async () => {
    const all = documents(count)
    await proveEqual(all.slice(0, 5))
    return await compare('pin documents of 4 KB, durable', count, [
      benchCase({
        name: LIMIT,
        prepare: openAppended,
        run: ({ subject: file }) => {
          for (const one of all) {
            const text = JSON.stringify(one)
            hash('sha256', text, 'buffer')
            writeSync(file, text)
          }
        },
        cleanUp: ({ close }) => close()
      }),
      kept(OURS, all, count),
      kept('trend-archive, 100 at a time', all, 100),
      kept(LOG, all, count, openLog),
      kept('a log, 100 at a time', all, 100, openLog),
      peer('level', all.slice(0, Math.ceil(count / 25))),
      peer('fs', all.slice(0, Math.ceil(count / 100)))
    ])
  },
  bars: [
    { row: OURS, over: LIMIT, atMost: 2 },
    { row: OURS, over: peerName('level'), atLeast: 20 },
    { row: OURS, over: peerName('fs'), atLeast: 40 }
  ]
})

type Documents = ReturnType<typeof documents>

function kept(name: string, all: Documents, batch: number, open: () => Opened<Kept> = openOurs): Case {
  return benchCase({
    name,
    prepare: open,
    run: async ({ subject: sink }) => {
      for (let i = 0; i < all.length; i += batch) {
        const blocks: Block[] = []
        for (const one of all.slice(i, i + batch)) blocks.push(await toBlock(one))
        await sink.pin(blocks)
      }
    },
    cleanUp: ({ close }) => close()
  })
}

function peer(kind: PeerKind, some: Documents): Case {
  return benchCase({
    name: peerName(kind),
    operations: some.length,
    prepare: async () => await openPeer(kind),
    run: async ({ subject: { documents: kept, pins } }) => {
      for (const one of some) for await (const _ of pins.add(await kept.add(one)));
    },
    cleanUp: async ({ close }) => await close()
  })
}

const APPENDED = 'one append + fdatasync (limit)'
const ALONE = 'trend-archive, one pin'

/** One acknowledged pin after another. The bytes are made before. */
export const pinOne = (count: number): Job => ({
  run: async () => {
    const blocks = await Promise.all(documents(count).map(toBlock))
    return await compare('one durable pin alone', count, [
      benchCase({
        name: APPENDED,
        prepare: openAppended,
        run: ({ subject: file }) => {
          for (const { bytes } of blocks) {
            writeSync(file, bytes)
            fdatasyncSync(file)
          }
        },
        cleanUp: ({ close }) => close()
      }),
      alone(ALONE, blocks, openOurs),
      alone('a log (prototype), one pin', blocks, openLog)
    ])
  },
  bars: [{ row: ALONE, over: APPENDED, atMost: 1.5 }]
})

function alone(name: string, blocks: readonly Block[], open: () => Opened<Kept>): Case {
  return benchCase({
    name,
    prepare: open,
    run: async ({ subject: sink }) => {
      for (const block of blocks) await sink.pin([block])
    },
    cleanUp: ({ close }) => close()
  })
}

/** What is timed is what it claims to be: canonical, there, and pinned. */
async function proveEqual(some: Documents): Promise<void> {
  const { subject: sink, close } = openOurs()
  const blocks = await Promise.all(some.map(toBlock))
  await sink.pin(blocks)
  for (const [i, { cid }] of blocks.entries()) assert.deepEqual(await sink.get(cid), encode(some[i]!))
  assert.equal((await Array.fromAsync(sink.pinned())).length, some.length)
  close()
}
