import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { closeSync, createReadStream, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { car } from '@helia/car'
import { CarReader } from '@ipld/car'
import { exportCar } from '../src/archive/export.ts'
import { importCar } from '../src/archive/import.ts'
import { type Block, toBlock } from '../src/block/block.ts'
import { writeCar } from '../src/block/car.ts'
import type { Job } from './bar.ts'
import { benchCase, compare } from './compare.ts'
import { documents } from './documents.ts'
import { openAppended, openNode, openOurs } from './stores.ts'

const OUT = 'trend-archive, export'
const OUT_LIMIT = 'read + sha-256 + append (limit)'
const OUT_PEER = '@helia/car export, blockstore-level'
const IN = 'trend-archive, import: verified, durable, pinned'
const IN_LIMIT = 'read a CAR + sha-256 + append (limit: not synced)'
const IN_PEER = '@helia/car import + pins.add, blockstore-level (not verified, not synced)'

/** The peer takes a while, so it gets fewer documents, and its times are scaled. */
const fewer = (blocks: readonly Block[]): readonly Block[] => blocks.slice(0, Math.ceil(blocks.length / 10))

const blocksOf = async (count: number): Promise<readonly Block[]> =>
  await Promise.all(documents(count).map((one) => toBlock(one)))

/** From a store to a file. */
export const carOut = (count: number): Job => ({
  run: async () => {
    const blocks = await blocksOf(count)
    const cids = blocks.map(({ cid }) => cid)
    const some = fewer(blocks)
    await proveEqual(some)
    return await compare('documents of 4 KB into a CAR', count, [
      benchCase({
        name: OUT_LIMIT,
        prepare: () => {
          const [from, to] = [openAppended(), openAppended()]
          for (const { bytes } of blocks) writeSync(from.subject, bytes)
          return { from, to }
        },
        run: ({ from, to }) => {
          let at = 0
          for (const { bytes } of blocks) {
            const read = new Uint8Array(bytes.byteLength)
            at += readSync(from.subject, read, 0, read.byteLength, at)
            hash('sha256', read, 'buffer')
            writeSync(to.subject, read)
          }
        },
        cleanUp: ({ from, to }) => {
          from.close()
          to.close()
        }
      }),
      benchCase({
        name: OUT,
        prepare: async () => {
          const ours = openOurs()
          await ours.subject.pin(blocks)
          return { ours, to: openAppended() }
        },
        run: async ({ ours, to }) => {
          for await (const chunk of exportCar({ here: ours.subject, sources: [] }, cids)) writeSync(to.subject, chunk)
        },
        cleanUp: ({ ours, to }) => {
          ours.close()
          to.close()
        }
      }),
      benchCase({
        name: OUT_PEER,
        operations: some.length,
        prepare: async () => {
          const node = await openNode('level')
          for (const { cid, bytes } of some) await node.subject.blockstore.put(cid, bytes)
          return { node, to: openAppended() }
        },
        run: async ({ node, to }) => {
          for await (const chunk of car(node.subject).export(some.map(({ cid }) => cid))) writeSync(to.subject, chunk)
        },
        cleanUp: async ({ node, to }) => {
          await node.close()
          to.close()
        }
      })
    ])
  },
  bars: [{ row: OUT, over: OUT_PEER, atLeast: 4 }]
})

/** From a file to pinned documents. */
export const carIn = (count: number): Job => ({
  run: async () => {
    const blocks = await blocksOf(count)
    const some = fewer(blocks)
    const [whole, part] = [await carFile(blocks), await carFile(some)]
    try {
      return await compare('documents of 4 KB out of a CAR, pinned', count, [
        benchCase({
          name: IN_LIMIT,
          prepare: () => ({ from: openSync(whole.file, 'r'), to: openAppended() }),
          run: ({ from, to }) => {
            for (const { bytes } of blocks) {
              const read = new Uint8Array(bytes.byteLength)
              readSync(from, read)
              hash('sha256', read, 'buffer')
              writeSync(to.subject, read)
            }
          },
          cleanUp: ({ from, to }) => {
            closeSync(from)
            to.close()
          }
        }),
        benchCase({
          name: IN,
          prepare: openOurs,
          run: async ({ subject }) => {
            const { added } = await importCar({ sinks: [subject], here: subject }, createReadStream(whole.file))
            assert.equal(added, count)
          },
          cleanUp: ({ close }) => close()
        }),
        benchCase({
          name: IN_PEER,
          operations: some.length,
          prepare: async () => await openNode('level'),
          run: async ({ subject: helia }) => {
            const reader = await CarReader.fromIterable(createReadStream(part.file))
            await car(helia).import(reader)
            for (const root of await reader.getRoots()) for await (const _ of helia.pins.add(root));
          },
          cleanUp: async ({ close }) => await close()
        })
      ])
    } finally {
      whole.remove()
      part.remove()
    }
  },
  bars: [{ row: IN, over: IN_PEER, atLeast: 4 }]
})

async function carFile(blocks: readonly Block[]): Promise<{ readonly file: string; readonly remove: () => void }> {
  const home = mkdtempSync(join(tmpdir(), 'trend-archive-bench-'))
  const file = join(home, 'documents.car')
  const chunks: Uint8Array[] = []
  const cids = blocks.map(({ cid }) => cid)
  for await (const chunk of writeCar(cids, blocks)) chunks.push(chunk)
  writeFileSync(file, Buffer.concat(chunks))
  return { file, remove: () => rmSync(home, { recursive: true }) }
}

/** Who is compared writes the same file. */
async function proveEqual(blocks: readonly Block[]): Promise<void> {
  const node = await openNode('level')
  for (const { cid, bytes } of blocks) await node.subject.blockstore.put(cid, bytes)
  const cids = blocks.map(({ cid }) => cid)
  const [theirs, ours] = [await joined(car(node.subject).export(cids)), await joined(writeCar(cids, blocks))]
  assert.equal(Buffer.compare(theirs, ours), 0)
  await node.close()
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
