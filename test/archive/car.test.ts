import { car as heliaCar } from '@helia/car'
import { CarReader, CarWriter } from '@ipld/car'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { describe, expect, test } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { allPinned, cidsOf, type ExportOptions, exportCar } from '../../src/archive/export.ts'
import { importCar } from '../../src/archive/import.ts'
import { parseName } from '../../src/archive/name.ts'
import { publish } from '../../src/archive/publish.ts'
import { type Block, toBlock } from '../../src/block/block.ts'
import { join } from '../../src/block/bytes.ts'
import { readCar, writeCar } from '../../src/block/car.ts'
import { fromDigest, type TrendCid } from '../../src/block/cid.ts'
import { lacking } from '../../src/block/failure.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { openStore } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import type { EditionDraft } from '../../src/document/document.ts'
import type { Advance } from '../../src/options.ts'
import { header, ROOTLESS, section } from '../block/malformed-cars.ts'
import { forged, namesOf, scratchFile, someBlock, someBlocks, sortedNames } from '../block/samples.ts'
import { draft, PUBLISHER, type World, world } from '../world.ts'

type Memory = ReturnType<typeof memoryBlocks>

const EDITION: EditionDraft = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' }
const MEMBERS = [draft('rust'), draft('edge'), draft('wasm')]

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return join(all)
}

const exported = async (here: Memory, roots: Iterable<TrendCid>, options?: ExportOptions) =>
  await bytesOf(exportCar({ here, sources: [] }, roots, options))

async function contentsOf(
  bytes: Uint8Array
): Promise<{ readonly roots: readonly string[]; readonly blocks: readonly string[] }> {
  const { roots, blocks } = await readCar([bytes])
  const names: string[] = []
  for await (const one of blocks) names.push('block' in one ? String(one.block.cid) : 'foreign')
  return { roots: Array.from(roots, String), blocks: names }
}

const take = async (into: Memory, bytes: Uint8Array, options?: Parameters<typeof importCar>[2]) =>
  await importCar({ sinks: [into], here: into }, [bytes], options)

/** An edition of three, published. */
async function published(): Promise<World & { readonly edition: Block; readonly members: readonly Block[] }> {
  const here = world()
  const { edition, steps } = await publishEdition(here.ports, EDITION, MEMBERS)
  const blockOf = async (cid: TrendCid): Promise<Block> => ({ cid, bytes: await here.blocks.get(cid) })
  const members = await Promise.all(
    steps.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)).map(({ named }) => blockOf(named.cid))
  )
  return { ...here, edition: await blockOf(edition.named.cid), members }
}

describe('an export', () => {
  test('of an edition brings what it lists, in its order, or the edition alone', async () => {
    const { blocks, edition, members } = await published()
    const names = members.map(({ cid }) => String(cid))
    const root = String(edition.cid)
    expect(await contentsOf(await exported(blocks, [edition.cid]))).toEqual({ roots: [root], blocks: [root, ...names] })
    const alone = await exported(blocks, [edition.cid], { members: false })
    expect(await contentsOf(alone)).toEqual({ roots: [root], blocks: [root] })
  })

  test('is the same bytes, wherever the documents come from and however long that takes', async () => {
    const { blocks, edition, members } = await published()
    const expected = await exported(blocks, [edition.cid])
    const slow: BlockSource = {
      name: 'slow',
      async get(cid) {
        await new Promise((resolve) => setTimeout(resolve, Number(cid.multihash.digest[0]) % 20))
        return await blocks.get(cid)
      }
    }
    const half = memoryBlocks('half')
    await half.pin(members.slice(1))
    for (const ports of [{ sources: [slow] }, { here: half, sources: [slow] }, { here: slow, sources: [] }]) {
      expect(await bytesOf(exportCar(ports, [edition.cid]))).toEqual(expected)
    }
  })

  test('has every document once, and the roots in the order in which they were named', async () => {
    const { blocks, edition, members } = await published()
    const [first] = members
    const bytes = await exported(blocks, [first!.cid, edition.cid, first!.cid])
    const [name, ...others] = members.map(({ cid }) => String(cid))
    expect(await contentsOf(bytes)).toEqual({
      roots: [name, String(edition.cid)],
      blocks: [name, String(edition.cid), ...others]
    })
  })

  test('asks nobody else for what is here', async () => {
    const { blocks, edition } = await published()
    const asked: string[] = []
    const other: BlockSource = {
      name: 'other',
      get: async (cid) => {
        asked.push(String(cid))
        throw new Error('nothing here')
      }
    }
    await bytesOf(exportCar({ here: blocks, sources: [other] }, [edition.cid]))
    expect(asked).toEqual([])
  })

  test('ends with an error where a document is missing, or is another one', async () => {
    const { blocks, edition, members } = await published()
    await blocks.unpin([members[1]!.cid])
    await expect(exported(blocks, [edition.cid])).rejects.toMatchObject({
      code: 'BLOCK_UNAVAILABLE',
      details: { cid: String(members[1]!.cid) }
    })
    const lying: BlockSource = { name: 'liar', get: async () => forged(members[1]!).bytes }
    const reading = bytesOf(exportCar({ here: blocks, sources: [lying] }, [edition.cid]))
    await expect(reading).rejects.toMatchObject({ code: 'BLOCK_UNAVAILABLE', details: { sources: ['memory', 'liar'] } })
  })

  test('of a lineage has every version, newest first', async () => {
    const here = world()
    const cids: TrendCid[] = []
    for (const title of ['One', 'Two', 'Three']) {
      cids.unshift((await publish(here.ports, [draft('edge', { title })])).steps[0]!.named.cid)
    }
    const ports = { sources: [here.blocks], registries: [here.account] }
    const name = parseName(`${PUBLISHER}/edge`)
    expect((await cidsOf(ports, [name])).map(String)).toEqual([String(cids[0])])
    expect((await cidsOf(ports, [name], { history: true })).map(String)).toEqual(cids.map(String))
    const middle = [{ by: 'cid', cid: cids[1]! } as const]
    expect((await cidsOf(ports, middle, { history: true })).map(String)).toEqual(cids.slice(1).map(String))
  })

  test('of everything is by digest: roots are what is kept in its own right', async () => {
    const here = memoryBlocks()
    const { edition, members } = await published()
    await here.pin([edition])
    await here.pin(members, { root: edition.cid })
    await here.pin([members[0]!])
    const { roots, also } = await allPinned(here)
    const { roots: named, blocks } = await contentsOf(await exported(here, roots, { also, members: false }))
    const digests = (cids: readonly string[]) =>
      cids.map((cid) => Buffer.from(CID.parse(cid).multihash.digest).toString('hex'))
    expect([...named].sort()).toEqual(sortedNames([edition, members[0]!]))
    expect(digests(named)).toEqual(digests(named).toSorted())
    expect([...blocks].sort()).toEqual(sortedNames([edition, ...members]))

    const other = memoryBlocks()
    await take(other, await exported(here, roots, { also, members: false }))
    expect(await namesOf(other.pinned({ own: true }))).toEqual(sortedNames([edition, members[0]!]))
    await other.unpin([edition.cid])
    expect(await namesOf(other.pinned())).toEqual(sortedNames([members[0]!]))
  })

  test('says how far it is, and stops when told to', async () => {
    const here = memoryBlocks()
    const blocks = await someBlocks(600)
    await here.pin(blocks)
    const told: Advance[] = []
    const stop = new AbortController()
    const roots = blocks.map(({ cid }) => cid)
    await exported(here, roots, { onProgress: (event) => told.push(event) })
    expect(told.map(({ done, total }) => [done, total])).toEqual([
      [256, 600],
      [512, 600],
      [600, 600]
    ])
    const reading = exported(here, roots, { signal: stop.signal, onProgress: () => stop.abort('enough') })
    await expect(reading).rejects.toBe('enough')
  })

  test('that nobody reads on lets go of what is under way', async () => {
    let aborted = 0
    const blocks = await someBlocks(20)
    const [first] = blocks
    const source: BlockSource = {
      name: 'hangs',
      get: async (cid, { signal } = {}) => {
        if (cid.equals(first!.cid)) return first!.bytes
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(++aborted)))
        throw new Error('not reached')
      }
    }
    for await (const chunk of exportCar(
      { sources: [source] },
      blocks.map(({ cid }) => cid)
    )) {
      // The length of the header, the header, and the first block.
      if (Buffer.from(chunk).includes(Buffer.from(first!.bytes))) break
    }
    expect(aborted).toBeGreaterThan(5)
  })
})

describe('an import', () => {
  test('pins roots in their own right, and what an edition lists on its behalf', async () => {
    const { blocks, edition, members } = await published()
    const bytes = await exported(blocks, [edition.cid])
    const into = memoryBlocks()
    expect(await take(into, bytes)).toEqual({ roots: 1, added: 4, known: 0, foreign: 0, others: 0, missing: [] })
    expect(await namesOf(into.pinned())).toEqual(sortedNames([edition, ...members]))
    await into.unpin(members.map(({ cid }) => cid))
    expect(await namesOf(into.pinned())).toEqual(sortedNames([edition, ...members]))
    await into.unpin([edition.cid])
    expect(await namesOf(into.pinned())).toEqual([])
  })

  test('run again changes nothing, and mends what was damaged', async () => {
    const { blocks, edition, members } = await published()
    const bytes = await exported(blocks, [edition.cid])
    const store = openStore(scratchFile())
    const get = async ({ multihash }: TrendCid): Promise<Uint8Array<ArrayBuffer>> =>
      store.get(multihash.digest) ?? Promise.reject(lacking('store'))
    const into = { name: 'store', get, ...pinsOf(store, 'store') }
    const again = async () => await importCar({ sinks: [into], here: into }, [bytes])
    expect(await again()).toMatchObject({ added: 4, known: 0 })
    expect(await again()).toMatchObject({ added: 0, known: 4 })
    // Nothing damages a block through the store itself, so it is as if it were gone.
    const { digest } = members[0]!.cid.multihash
    store.write({ unpinned: [edition.cid], dropped: [digest] })
    expect(await again()).toMatchObject({ added: 1, known: 3 })
    expect(store.get(digest)).toEqual(members[0]!.bytes)
    store.close()
  })

  test('pins a document for every edition that lists it, whatever the order of the file', async () => {
    const { blocks, edition, members, ports } = await published()
    const { edition: second } = await publishEdition(ports, { ...EDITION, slug: 'second' }, [draft('new')])
    const [shared] = members
    const other = await toBlock({
      ...second.named.document,
      entries: [{ cid: String(shared!.cid), slug: 'edge', version: 1 }]
    } as never)
    await blocks.pin([other])
    for (const order of [
      [edition, other, ...members],
      [edition, ...members, other],
      [...members, other, edition],
      [other, shared!, edition, ...members.slice(1)]
    ]) {
      const into = memoryBlocks()
      const bytes = await bytesOf(writeCar([edition.cid, other.cid], order))
      expect(await take(into, bytes)).toMatchObject({ added: 5, missing: [] })
      const own = await namesOf(into.pinned({ own: true }))
      expect(own).toEqual(expect.arrayContaining([...sortedNames([edition, other])]))
      await into.unpin([edition.cid, ...members.map(({ cid }) => cid)])
      expect(await namesOf(into.pinned())).toEqual(sortedNames([other, shared!]))
    }
  })

  test('holds what was here already on behalf of an edition that comes without it', async () => {
    const { blocks, edition, members } = await published()
    const bytes = await exported(blocks, [edition.cid], { members: false })
    const into = memoryBlocks()
    await into.pin(members.slice(1))
    expect(await take(into, bytes)).toMatchObject({ added: 1, missing: [String(members[0]!.cid)] })
    await into.unpin(members.map(({ cid }) => cid))
    expect(await namesOf(into.pinned())).toEqual(sortedNames([edition, ...members.slice(1)]))
  })

  test('tells of roots that are not in the file, unless they are here', async () => {
    const [there, here, gone] = await someBlocks(3)
    const bytes = await bytesOf(writeCar([there!.cid, here!.cid, gone!.cid], [there!]))
    const into = memoryBlocks()
    await into.pin([here!], { root: gone!.cid })
    expect(await take(into, bytes)).toMatchObject({ roots: 3, added: 1, missing: [String(gone!.cid)] })
    expect(await namesOf(into.pinned({ own: true }))).toEqual(sortedNames([there!, here!]))
  })

  test('leaves out what the archive does not keep, and refuses it where it is strict', async () => {
    const block = await someBlock()
    const foreign = new TextEncoder().encode('hello')
    const cid = CID.createV1(raw.code, await sha256.digest(foreign))
    const bytes = join([ROOTLESS, section(cid.bytes, foreign), section(block.cid.bytes, block.bytes)])
    const into = memoryBlocks()
    expect(await take(into, bytes)).toMatchObject({ roots: 0, added: 1, foreign: 1, others: 1, missing: [] })
    const strict = take(memoryBlocks(), bytes, { strict: true })
    await expect(strict).rejects.toMatchObject({ code: 'UNSUPPORTED_CID', details: { cid: String(cid) } })
  })

  test('keeps what came before a fault, and nothing of what comes after', async () => {
    const blocks = await someBlocks(5)
    const file = async (...all: readonly Block[]) => await bytesOf(writeCar([], all))
    const into = memoryBlocks()
    const bad = await file(...blocks.slice(0, 3), forged(blocks[3]!), blocks[4]!)
    await expect(take(into, bad)).rejects.toMatchObject({
      code: 'INVALID_CAR',
      details: { cid: String(blocks[3]!.cid) }
    })
    expect(await namesOf(into.pinned())).toEqual(sortedNames(blocks.slice(0, 3)))
    expect(await take(into, await file(...blocks))).toMatchObject({ added: 2, known: 3 })
  })

  test('that was interrupted is continued, and comes to the same end', async () => {
    const blocks = await someBlocks(700)
    const bytes = await bytesOf(writeCar([blocks[0]!.cid], blocks))
    const into = memoryBlocks()
    const stop = new AbortController()
    const told: Advance[] = []
    const interrupted = take(into, bytes, {
      signal: stop.signal,
      size: bytes.byteLength,
      onProgress(event) {
        told.push(event)
        if (told.length === 3) stop.abort('enough')
      }
    })
    await expect(interrupted).rejects.toBe('enough')
    expect(told[0]).toMatchObject({ type: 'advanced', unit: 'bytes', total: bytes.byteLength })
    const kept = (await namesOf(into.pinned())).length
    expect(kept).toBeGreaterThan(300)
    expect(await take(into, bytes)).toMatchObject({ added: 700 - kept, known: kept, missing: [] })
    expect(await namesOf(into.pinned())).toEqual(sortedNames(blocks))
  })

  test('that cannot be kept says so', async () => {
    const block = await someBlock()
    const bytes = await bytesOf(writeCar([], [block]))
    const here = memoryBlocks()
    const full = { name: 'full', pin: async () => Promise.reject(new Error('disk full')) }
    await expect(importCar({ sinks: [full], here }, [bytes])).rejects.toThrow('disk full')
    await expect(importCar({ sinks: [], here }, [bytes])).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('remembers only so much of a file whose editions list ever more, and lets none list a document twice', async () => {
    const { edition } = await published()
    const document = JSON.parse(new TextDecoder().decode(edition.bytes))
    const editions = async (count: number, digestAt: (i: number) => number): Promise<readonly Block[]> => {
      const entries = Array.from({ length: 7_000 }, (_, i) => ({
        cid: String(
          fromDigest(Uint8Array.from({ length: 32 }, (_unused, at) => (at < 2 ? digestAt(i) >> (8 * at) : 1)))
        ),
        slug: `t${String(i).padStart(6, '0')}`,
        version: 1
      }))
      return await Promise.all(
        Array.from({ length: count }, (_, i) => toBlock({ ...document, title: `Number ${i}`, entries }))
      )
    }
    const importing = async (blocks: readonly Block[]) => {
      const roots = blocks.map(({ cid }) => cid)
      return await take(memoryBlocks(), await bytesOf(writeCar(roots, blocks)))
    }
    await expect(importing(await editions(36, (i) => i))).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    expect((await importing(await editions(36, () => 7))).missing).toHaveLength(1)
  })
})

describe('stock Helia', () => {
  const start = async () => await createHeliaLight({ codecs: [json] }).start()

  test('imports what we export, and pins it', async () => {
    const { blocks, edition, members } = await published()
    const helia = await start()
    await heliaCar(helia).import(await CarReader.fromBytes(await exported(blocks, [edition.cid])))
    for (const { cid, bytes } of [edition, ...members]) {
      const chunks: Uint8Array[] = []
      for await (const chunk of helia.blockstore.get(cid, { offline: true } as never)) chunks.push(chunk)
      expect(join(chunks)).toEqual(bytes)
    }
    for await (const _ of helia.pins.add(edition.cid));
    expect(await helia.pins.isPinned(edition.cid)).toBe(true)
    await helia.stop()
  })

  test('exports what we import', async () => {
    const helia = await start()
    const block = await someBlock()
    await helia.blockstore.put(block.cid, block.bytes)
    const into = memoryBlocks()
    const imported = await importCar({ sinks: [into], here: into }, heliaCar(helia).export(block.cid))
    expect(imported).toMatchObject({ roots: 1, added: 1, missing: [] })
    await helia.stop()
  })

  test('writes with @ipld/car what we import', async () => {
    const blocks = await someBlocks(3)
    const { writer, out } = CarWriter.create([blocks[2]!.cid])
    const into = memoryBlocks()
    const importing = importCar({ sinks: [into], here: into }, out)
    for (const block of blocks) await writer.put(block)
    await writer.close()
    expect(await importing).toMatchObject({ roots: 1, added: 3, missing: [] })
  })
})

test('what is malformed pins nothing', async () => {
  const into = memoryBlocks()
  await expect(take(into, header(Uint8Array.of(0x80)))).rejects.toMatchObject({ code: 'INVALID_CAR' })
  expect(await namesOf(into.pinned())).toEqual([])
})
