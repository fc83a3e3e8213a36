import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AuditOptions, type AuditPorts, audit } from '../../src/archive/audit.ts'
import { publishEdition } from '../../src/archive/edition.ts'
import { lastAudit } from '../../src/archive/last-audit.ts'
import { publish } from '../../src/archive/publish.ts'
import { type Block, toBlock } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { ArchiveError } from '../../src/errors.ts'
import { forged, scratchFile, someBlocks } from '../block/samples.ts'
import { draft, PUBLISHER, world } from '../world.ts'

interface Kept extends AuditPorts {
  readonly store: Store
  readonly pins: ReturnType<typeof pinsOf>
  /** Changes the bytes of a block behind the store's back. */
  readonly spoil: (...blocks: readonly Pick<Block, 'cid'>[]) => void
  /** Deletes a block behind the store's back. */
  readonly remove: (...blocks: readonly Pick<Block, 'cid'>[]) => void
}

async function kept(blocks: readonly Block[], sources: readonly BlockSource[] = []): Promise<Kept> {
  const store = openStore(scratchFile())
  const other = new DatabaseSync(store.file)
  onTestFinished(() => {
    store.close()
    other.close()
  })
  const pins = pinsOf(store, 'store')
  await pins.pin(blocks)
  const tell =
    (sql: string) =>
    (...spoiled: readonly Pick<Block, 'cid'>[]) => {
      for (const { cid } of spoiled) other.prepare(sql).run(cid.multihash.digest)
    }
  return {
    store,
    pins,
    sources,
    spoil: tell("UPDATE blocks SET bytes = x'7b7d' WHERE digest = ?"),
    remove: tell('DELETE FROM blocks WHERE digest = ?')
  }
}

async function having(blocks: readonly Block[], name = 'elsewhere'): Promise<BlockSource> {
  const source = memoryBlocks(name)
  await source.pin(blocks)
  return source
}

const names = (found: readonly { readonly cid: TrendCid }[]): readonly string[] =>
  found.map(({ cid }) => String(cid)).sort()

const silent: BlockSource = {
  name: 'silent',
  get: async () => {
    throw new ArchiveError('SOURCE_UNREACHABLE', 'silent: unreachable', { source: 'silent' })
  }
}

describe('an audit', () => {
  test('of a sound store says so in figures', async () => {
    const blocks = await someBlocks(30)
    const ports = await kept(blocks, [await having(blocks.slice(0, 10))])
    const found = await audit(ports, { sample: 30 })
    expect(found).toMatchObject({
      continued: false,
      faults: [],
      blocks: { checked: 30, bytes: blocks.reduce((sum, { bytes }) => sum + bytes.length, 0), damaged: 0 },
      documents: { pinned: 30, editions: 0, others: 30 },
      healed: [],
      lost: [],
      quarantined: [],
      underWay: 0,
      copies: { documents: 30, elsewhere: 10 }
    })
    expect(found.copies.sources).toMatchObject([{ source: 'elsewhere', asked: 30, honest: 10, missing: 20, wrong: 0 }])
  })

  test('puts back what is damaged and what is gone, and leaves the pins as they are', async () => {
    const blocks = await someBlocks(12)
    const ports = await kept(blocks, [await having(blocks)])
    ports.spoil(...blocks.slice(0, 3))
    ports.remove(...blocks.slice(3, 5))
    const events: unknown[] = []
    const found = await audit(ports, { onProgress: (event) => events.push(event) })
    expect(found.blocks).toMatchObject({ checked: 10, damaged: 3 })
    expect(names(found.healed)).toEqual(names(blocks.slice(0, 5)))
    expect(found.healed.filter((one) => one.found === 'damaged')).toHaveLength(3)
    expect([found.lost, found.quarantined]).toEqual([[], []])
    for (const { cid, bytes } of blocks) expect(ports.store.get(cid.multihash.digest)).toEqual(bytes)
    expect(events).toContainEqual({ type: 'healed', cid: blocks[0]!.cid })
    await ports.pins.unpin(blocks.map(({ cid }) => cid))
    expect(ports.store.pins.count()).toBe(0)
  })

  test('says what nobody has, with the reason of each source', async () => {
    const blocks = await someBlocks(4)
    const ports = await kept(blocks, [await having([])])
    ports.spoil(blocks[0]!)
    ports.remove(blocks[1]!)
    const { healed, lost, quarantined } = await audit(ports)
    expect(healed).toEqual([])
    expect(names(lost)).toEqual(names(blocks.slice(0, 2)))
    expect(lost.find(({ found }) => found === 'damaged')).toMatchObject({
      cid: blocks[0]!.cid,
      reasons: ['the quarantine does not have the block', 'elsewhere does not have the block'],
      transient: false
    })
    expect(quarantined).toMatchObject([{ cid: blocks[0]!.cid, bytes: 2 }])
  })

  test('says where a source that did not answer may have it', async () => {
    const [block] = await someBlocks(1)
    const ports = await kept([block!], [silent])
    ports.remove(block!)
    expect((await audit(ports)).lost).toMatchObject([{ cid: block!.cid, transient: true }])
  })

  test('takes no lie for healing', async () => {
    const [block] = await someBlocks(1)
    const ports = await kept([block!], [{ name: 'liar', get: async () => forged(block!).bytes }])
    ports.remove(block!)
    const { lost, copies } = await audit(ports)
    expect(lost).toMatchObject([{ reasons: [expect.any(String), expect.stringContaining('liar sent other bytes')] }])
    expect(copies.sources).toMatchObject([{ asked: 1, honest: 0, wrong: 1 }])
  })

  test('only looks where it may not repair, and asks for nothing', async () => {
    const blocks = await someBlocks(3)
    const asked: TrendCid[] = []
    const source: BlockSource = {
      name: 'x',
      async get(cid) {
        asked.push(cid)
        return blocks[0]!.bytes
      }
    }
    const ports = await kept(blocks, [source])
    ports.spoil(blocks[0]!)
    const { healed, lost } = await audit(ports, { repair: false, sample: 0 })
    expect([healed, names(lost), asked]).toEqual([[], names([blocks[0]!]), []])
  })

  test('finds the members of an edition, also of one that had to be put back first', async () => {
    const { ports, blocks: published } = world()
    const members = ['ai', 'batteries', 'chips'].map((slug) => draft(slug))
    const { steps, edition: made } = await publishEdition(
      ports,
      { type: 'edition', slug: 'radar', title: 'Radar' },
      members
    )
    const block = async (cid: TrendCid): Promise<Block> => ({ cid, bytes: await published.get(cid) })
    const edition = await block(made.named.cid)
    const listed = await Promise.all(steps.map(async ({ named }) => await block(named.cid)))
    const here = await kept([edition, listed[0]!], [published])
    const first = await audit(here)
    expect(first.documents).toEqual({ pinned: 2, editions: 1, others: 0 })
    expect(names(first.healed)).toEqual(names(listed.slice(1)))
    expect(first.healed).toMatchObject([{ edition: edition.cid }, { edition: edition.cid }])
    here.remove(edition, listed[1]!)
    expect(names((await audit(here)).healed)).toEqual(names([edition, listed[1]!]))
    expect(await audit(here)).toMatchObject({ healed: [], lost: [] })
  })

  test('finds good bytes in quarantine, where damage hit the name of a block', async () => {
    const [block, other] = await someBlocks(2)
    const ports = await kept([block!])
    const database = new DatabaseSync(ports.store.file)
    database.prepare('UPDATE blocks SET digest = ?').run(other!.cid.multihash.digest)
    database.close()
    const { healed, lost } = await audit(ports)
    expect([names(healed), lost]).toEqual([names([block!]), []])
    expect(ports.store.get(block!.cid.multihash.digest)).toEqual(block!.bytes)
  })

  test('does not miss what was unpinned while it was at work', async () => {
    const blocks = await someBlocks(2)
    const ports = await kept(blocks)
    ports.remove(...blocks)
    let passes = 0
    const pinned: Kept['pins']['pinned'] = async function* (options) {
      passes++
      for await (const cid of ports.pins.pinned(options)) yield cid
      if (passes === 1) await ports.pins.unpin([blocks[0]!.cid])
    }
    const { lost } = await audit({ ...ports, pins: { pinned } })
    expect(names(lost)).toEqual(names([blocks[1]!]))
  })

  test('tells what a publish has under way', async () => {
    const [block] = await someBlocks(1)
    const ports = await kept([])
    await ports.store.pending.set([{ name: 'a', cid: block!.cid }])
    expect((await audit(ports)).underWay).toBe(1)
  })

  test('leaves a source alone that does not answer', async () => {
    const blocks = await someBlocks(40)
    const ports = await kept(blocks, [silent, await having(blocks, 'honest')])
    const { copies } = await audit(ports, { sample: Number.POSITIVE_INFINITY })
    const [quiet, honest] = copies.sources
    expect(quiet!.unreachable).toBe(quiet!.asked)
    expect(quiet!.asked).toBeLessThan(8)
    expect(honest).toMatchObject({ asked: 40, honest: 40 })
  })
})

describe('an audit that is interrupted', () => {
  const many = someBlocks(2_000)

  /** Aborts once so many blocks have been looked at. */
  function stoppedAfter(count: number): AuditOptions {
    const controller = new AbortController()
    return {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'advanced' && event.done >= count) controller.abort(new Error('enough'))
      }
    }
  }

  test('is continued where it was, and counts what it saw before', async () => {
    const ports = await kept(await many)
    const first = (await many).toSorted((a, b) => Buffer.compare(a.cid.multihash.digest, b.cid.multihash.digest))[0]!
    ports.spoil(first)
    await expect(audit(ports, { ...stoppedAfter(1_000), repair: false })).rejects.toThrow('enough')
    let looked = 0
    const { store } = ports
    const get = (digest: Uint8Array) => {
      looked++
      return store.get(digest)
    }
    const found = await audit({ ...ports, store: { ...store, get } }, { repair: false })
    expect(found).toMatchObject({ continued: true, blocks: { checked: 2_000, damaged: 1 } })
    // Less than half of the blocks, and then every pinned document.
    expect(looked).toBeLessThan(1_000 + 2_000)
    expect((await audit(ports)).continued).toBe(false)
  })

  test('while it asked others does not hash again what it had hashed', async () => {
    const blocks = await someBlocks(3)
    const controller = new AbortController()
    const slow: BlockSource = {
      name: 'slow',
      get: async (_, options) => {
        controller.abort(new Error('enough'))
        options?.signal?.throwIfAborted()
        throw new Error('never')
      }
    }
    const ports = await kept(blocks, [slow])
    ports.spoil(blocks[0]!)
    await expect(audit(ports, { signal: controller.signal })).rejects.toThrow('enough')
    const done: number[] = []
    const found = await audit(
      { ...ports, sources: [await having(blocks)] },
      { onProgress: (event) => event.type === 'advanced' && event.part === 'hash' && done.push(event.done) }
    )
    expect(done).toEqual([3])
    expect(found).toMatchObject({ continued: true, blocks: { checked: 3, damaged: 1 }, lost: [] })
    expect(found.healed).toHaveLength(1)
  })

  test('begins anew after a week, and where the clock was set back', async () => {
    const ports = await kept(await many)
    const day = 86_400_000
    await expect(audit(ports, { ...stoppedAfter(1_000), now: () => 10 * day })).rejects.toThrow('enough')
    expect((await audit(ports, { now: () => 18 * day })).continued).toBe(false)
    await expect(audit(ports, { ...stoppedAfter(1_000), now: () => 10 * day })).rejects.toThrow('enough')
    expect((await audit(ports, { now: () => 9 * day })).continued).toBe(false)
  })

  test('before it began is none', async () => {
    const ports = await kept([])
    await expect(audit(ports, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
    expect(lastAudit(ports.store)).toBeUndefined()
  })
})

describe('an audit that asks the chain', () => {
  test('finds what a slug names and was published from elsewhere', async () => {
    const { ports, account, blocks } = world()
    const first = await publish(ports, [draft('ai'), draft('chips')])
    const both = await Promise.all(
      first.steps.map(async ({ named: { cid } }) => ({ cid, bytes: await blocks.get(cid) }))
    )
    const here = await kept(both)
    const chain = { registry: account, publisher: PUBLISHER }
    expect((await audit({ ...here, chain })).chain).toEqual({ slugs: 2, absent: [] })
    const [next] = (await publish(ports, [draft('chips', { body: 'More of it.' })])).steps
    expect((await audit({ ...here, chain })).chain?.absent).toEqual([{ slug: 'chips', cid: next!.named.cid }])
    const stranger = { ...chain, publisher: 'eip155:31337:0x70997970c51812dc3a010c7d01b50e0d17dc79c8' } as const
    expect((await audit({ ...here, chain: stranger })).chain).toEqual({ slugs: 0, absent: [] })
    expect((await audit(here)).chain).toBeUndefined()
  })

  test('says where the chain cannot be read, and of the archive what it found', async () => {
    const blocks = await someBlocks(1)
    const block = async (): Promise<never> => {
      const details = { registry: 'x', reason: 'no answer' } as const
      throw new ArchiveError('REGISTRY_UNAVAILABLE', 'nobody answers', details)
    }
    const registry = { ...world().account, block }
    const found = await audit({ ...(await kept(blocks)), chain: { registry, publisher: PUBLISHER } })
    expect(found).toMatchObject({ blocks: { checked: 1 }, chain: { absent: [], fault: 'nobody answers' } })
  })
})

test('the last audit is remembered', async () => {
  const blocks = await someBlocks(2)
  const ports = await kept(blocks)
  expect(lastAudit(ports.store)).toBeUndefined()
  ports.spoil(blocks[0]!)
  await audit(ports, { now: () => 1_700_000_000_000 })
  expect(lastAudit(ports.store)).toEqual({ finished: new Date(1_700_000_000_000), damaged: 1, lost: 1, faults: 0 })
  for (const noted of ['', '{}', 'null', '{"finished":"never"}']) {
    ports.store.write({ rows: new Map([['audit/last', new TextEncoder().encode(noted)]]) })
    expect(lastAudit(ports.store)).toBeUndefined()
  }
})

test('an audit of a file that is damaged between its blocks says so and goes on', async () => {
  const ports = await kept(await someBlocks(3))
  const unreadable = (): never => {
    throw new ArchiveError('STORE_UNAVAILABLE', 'x: the file is damaged', { file: 'x', rule: 'the file is damaged' })
  }
  const found = await audit({ ...ports, store: { ...ports.store, digests: unreadable, write: unreadable } })
  expect(found).toMatchObject({ faults: ['x: the file is damaged'], documents: { pinned: 3 }, lost: [] })
})

test("a block that has another document's bytes is not served, and healed", async () => {
  const [one, other] = [await toBlock({ title: 'one' }), await toBlock({ title: 'other' })]
  const ports = await kept([one, other], [await having([one])])
  const database = new DatabaseSync(ports.store.file)
  database.prepare('UPDATE blocks SET bytes = ? WHERE digest = ?').run(other.bytes, one.cid.multihash.digest)
  database.close()
  expect(ports.store.get(one.cid.multihash.digest)).toBeUndefined()
  expect(names((await audit(ports)).healed)).toEqual(names([one]))
})
