import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import type { CID } from 'multiformats/cid'
import { toBlock } from '../src/block/block.ts'
import { decode } from '../src/document/canonical.ts'
import type { Job } from './bar.ts'
import { benchCase, compare } from './compare.ts'
import { documents } from './documents.ts'
import { openLog } from './store-log.ts'
import { openAppended, openOurs, openPeer } from './stores.ts'

const LIMIT = 'read + sha-256 (limit)'
const OURS = 'trend-archive get, verified'
const PARSED = 'trend-archive get, verified, and JSON.parse'
const PEER = 'Helia json.get, blockstore-level (not verified)'
const TURNS = 20

/** From a CID to bytes that are its own, in an order that no disk foresees. The peer reads fewer times. */
export const getOne = (count: number): Job => ({
  run: async () => {
    const all = documents(count)
    const blocks = await Promise.all(all.map(toBlock))
    const order = Array.from({ length: count * TURNS }, (_, i) => (i * 7919) % count)
    const ours = openOurs()
    await ours.subject.pin(blocks)
    const log = openLog()
    await log.subject.pin(blocks)
    const file = openAppended()
    const offsets: number[] = []
    let end = 0
    for (const { bytes } of blocks) {
      offsets.push(end)
      end += writeSync(file.subject, bytes)
    }
    const peer = await openPeer('level')
    const cids: CID[] = []
    for (const one of all) cids.push(await peer.subject.documents.add(one))
    assert.deepEqual(await ours.subject.get(blocks[1]!.cid), blocks[1]!.bytes)
    assert.deepEqual(await peer.subject.documents.get(cids[1]!), decode(blocks[1]!.bytes))
    try {
      const cases = [
        benchCase({
          name: LIMIT,
          run: () => {
            for (const i of order) {
              const { bytes, cid } = blocks[i]!
              const read = new Uint8Array(bytes.byteLength)
              readSync(file.subject, read, 0, read.byteLength, offsets[i]!)
              if (!hash('sha256', read, 'buffer').equals(cid.multihash.digest)) throw new Error('other bytes')
            }
          }
        }),
        benchCase({
          name: OURS,
          run: async () => {
            for (const i of order) await ours.subject.get(blocks[i]!.cid)
          }
        }),
        benchCase({
          name: PARSED,
          run: async () => {
            const text = new TextDecoder()
            for (const i of order) JSON.parse(text.decode(await ours.subject.get(blocks[i]!.cid)))
          }
        }),
        benchCase({
          name: 'a log (prototype) get, verified',
          run: async () => {
            for (const i of order) await log.subject.get(blocks[i]!.cid)
          }
        }),
        benchCase({
          name: PEER,
          operations: count,
          run: async () => {
            for (const i of order.slice(0, count)) await peer.subject.documents.get(cids[i]!)
          }
        })
      ]
      return await compare('get by CID, 4 KB', order.length, cases, 9)
    } finally {
      ours.close()
      log.close()
      file.close()
      await peer.close()
    }
  },
  bars: [
    { row: OURS, over: LIMIT, atMost: 2 },
    { row: PARSED, over: PEER, atLeast: 5 }
  ]
})
