import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as Digest from 'multiformats/hashes/digest'
import { identity } from 'multiformats/hashes/identity'
import { sha256, sha512 } from 'multiformats/hashes/sha2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { openStore, type Store, type StoreOptions } from '../../src/block/store.ts'
import { isArchiveError } from '../../src/errors.ts'
import { damage } from './damage.ts'
import { forged, scratchFile, someBlock, someBlocks, sortedNames } from './samples.ts'

function opened(file = scratchFile(), options?: StoreOptions): Store {
  const store = openStore(file, options)
  onTestFinished(store.close)
  return store
}

describe('a store', () => {
  test('keeps blocks and rows over closing and opening', async () => {
    const file = scratchFile()
    const store = openStore(file)
    const block = await someBlock()
    store.write({ blocks: [block], rows: new Map([['/a/b', Uint8Array.of(1, 2)]]) })
    store.close()
    const again = opened(file)
    expect(again.get(block.cid.multihash.digest)).toEqual(block.bytes)
    expect(again.row('/a/b')).toEqual(Uint8Array.of(1, 2))
    expect([...again.digests()]).toEqual([block.cid.multihash.digest])
  })

  test('lists rows by prefix, in order, whatever else there is', () => {
    const store = opened()
    const value = Uint8Array.of(1)
    store.write({
      rows: new Map(['/b/2', '/b/\u{10fffe}', '/a', '/b/1', '/c', '/b', '/b0'].map((key) => [key, value]))
    })
    expect(store.rows('/b/').map(({ key }) => key)).toEqual(['/b/1', '/b/2', '/b/\u{10fffe}'])
    store.write({ rows: new Map([['/b/1', undefined]]) })
    expect(store.rows('/b/')).toHaveLength(2)
  })

  test('lists more digests than it reads at a time, while they are being dropped', async () => {
    const store = opened()
    store.write({ blocks: await someBlocks(2_500) })
    let seen = 0
    for (const digest of store.digests()) {
      store.write({ dropped: [digest] })
      seen++
      if (seen === 1_500) break
    }
    expect([...store.digests()]).toHaveLength(1_000)
  })

  test.each([
    ['other bytes', async () => forged(await someBlock()), 'BLOCK_MISMATCH'],
    ['a document larger than 1 MiB', async () => await blockOf(0x0200, 1_048_577), 'BLOCK_MISMATCH'],
    ['another block larger than 2 MiB', async () => await blockOf(raw.code, 2_097_153), 'BLOCK_MISMATCH'],
    ['sha2-512', async () => ({ ...(await someBlock()), cid: await cidWith(sha512) }), 'UNSUPPORTED_CID'],
    ['an identity digest', async () => ({ ...(await someBlock()), cid: await cidWith(identity) }), 'UNSUPPORTED_CID'],
    ['a digest cut to 31 bytes', async () => await truncated(31), 'UNSUPPORTED_CID'],
    ['a digest cut to nothing', async () => await truncated(0), 'UNSUPPORTED_CID']
  ])('refuses %s, and what came with it', async (_, make, code) => {
    const store = opened()
    const good = await someBlock()
    const bad = await make()
    expect(() => store.write({ blocks: [good, bad], rows: new Map([['/a', new Uint8Array()]]) })).toThrow(
      expect.objectContaining({ code })
    )
    expect([...store.digests()]).toEqual([])
    expect(store.row('/a')).toBeUndefined()
  })

  test('leaves nothing of a write that fails halfway, and takes the next', async () => {
    const store = opened()
    const block = await someBlock()
    const rows = new Map([
      ['/a', new Uint8Array()],
      ['/b', 'not bytes' as never]
    ])
    expect(() => store.write({ blocks: [block], rows })).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }))
    expect(store.get(block.cid.multihash.digest)).toBeUndefined()
    expect(store.row('/a')).toBeUndefined()
    store.write({ blocks: [block] })
    expect(store.get(block.cid.multihash.digest)).toEqual(block.bytes)
  })

  test('takes blocks of the largest sizes', async () => {
    const store = opened()
    const blocks = [await blockOf(0x0200, 1_048_576), await blockOf(raw.code, 2_097_152)]
    store.write({ blocks })
    for (const { cid, bytes } of blocks) {
      expect(Buffer.compare(store.get(cid.multihash.digest)!, bytes)).toBe(0)
    }
  })

  test('is closed once or more often, and says so when it is used after', async () => {
    const store = openStore(scratchFile())
    const { cid } = await someBlock()
    store.close()
    store.close()
    const closed = expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('closed') })
    expect(() => store.get(cid.multihash.digest)).toThrow(closed)
    expect(() => store.write({})).toThrow(closed)
    expect(() => [...store.digests()]).toThrow(closed)
    await expect(store.pending.get('x')).rejects.toThrow(closed)
  })

  test('lives in memory where that is asked for', async () => {
    const store = opened(':memory:')
    const block = await someBlock()
    store.write({ blocks: [block] })
    expect(store.get(block.cid.multihash.digest)).toEqual(block.bytes)
  })
})

describe('the pins of a store', () => {
  const digestOf = ({ cid }: Block): Uint8Array => cid.multihash.digest

  test('keep a block from being dropped, until the last of them is released', async () => {
    const store = opened()
    const [block, one, two, other] = await someBlocks(4)
    const digest = digestOf(block!)
    store.write({
      blocks: [block!, other!],
      pins: [{ digest }, { digest, root: one!.cid }, { digest, root: two!.cid }]
    })
    for (const root of [one!.cid, block!.cid, two!.cid]) {
      store.write({ dropped: [digest] })
      expect(store.get(digest)).toEqual(block!.bytes)
      store.write({ unpinned: [root, root] })
    }
    expect(store.pins.keeps(digest)).toBe(false)
    store.write({ dropped: [digest] })
    expect([...store.digests()]).toEqual([digestOf(other!)])
  })

  test('say for whom a block is kept', async () => {
    const store = opened()
    const [block, edition] = await someBlocks(2)
    const digest = digestOf(block!)
    store.write({
      pins: [
        { digest, root: edition!.cid },
        { digest, root: block!.cid }
      ]
    })
    expect(store.pins.rootsOf(digest).map(String).sort()).toEqual(sortedNames([block!, edition!]))
    store.write({ unpinned: [block!.cid] })
    expect(store.pins.rootsOf(digest).map(String)).toEqual([String(edition!.cid)])
    expect(store.pins.rootsOf(digestOf(edition!))).toEqual([])
  })

  test('count each document once, and name those whose block is not there', async () => {
    const store = opened()
    const blocks = await someBlocks(2_500)
    const [edition, foreign] = [await someBlock(), await blockOf(raw.code, 10)]
    store.write({
      blocks: blocks.slice(0, 1_200),
      pins: [
        ...blocks.map((block) => ({ digest: digestOf(block) })),
        ...blocks.map((block) => ({ digest: digestOf(block), root: edition.cid })),
        { digest: foreign.cid.multihash.digest, root: foreign.cid }
      ]
    })
    expect(store.pins.count()).toBe(2_500)
    expect([...store.pins.documents()]).toHaveLength(2_500)
    expect([...store.pins.digests()]).toHaveLength(2_501)
    const missing = [...store.pins.missing()].map((digest) => Buffer.from(digest).toString('hex'))
    expect(missing).toEqual(
      blocks
        .slice(1_200)
        .map((block) => Buffer.from(digestOf(block)).toString('hex'))
        .sort()
    )
    expect(store.size()).toEqual({
      blocks: 1_200,
      bytes: blocks.slice(0, 1_200).reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    })
  })

  test('are made together with their blocks, or not at all', async () => {
    const store = opened()
    const [good, bad] = await someBlocks(2)
    const pins = [{ digest: digestOf(good!) }]
    expect(() => store.write({ blocks: [good!, forged(bad!)], pins })).toThrow()
    expect([...store.pins.documents()]).toEqual([])
    expect(store.size()).toEqual({ blocks: 0, bytes: 0 })
  })
})

describe('a file that is not a store', () => {
  const refused = (rule: string): unknown =>
    expect.objectContaining({
      code: 'STORE_UNAVAILABLE',
      details: { file: expect.any(String), rule: expect.stringContaining(rule) },
      hint: expect.any(String)
    })

  test("is refused and left as it is when it is another program's database", () => {
    const file = scratchFile()
    const other = new DatabaseSync(file)
    other.exec('CREATE TABLE things (id INTEGER)')
    other.close()
    const before = readFileSync(file)
    expect(() => openStore(file)).toThrow(refused('another program'))
    expect(readFileSync(file)).toEqual(before)
    expect(existsSync(`${file}-wal`)).toBe(false)
  })

  test('is refused when a newer version made it', () => {
    const file = scratchFile()
    openStore(file).close()
    const newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    const before = readFileSync(file)
    expect(() => openStore(file)).toThrow(refused('format 99'))
    expect(readFileSync(file)).toEqual(before)
  })

  test('is refused when it is no database', () => {
    const file = scratchFile()
    writeFileSync(file, 'My diary. '.repeat(1_000))
    expect(() => openStore(file)).toThrow(refused('no database'))
    expect(readFileSync(file, 'utf8')).toMatch(/^My diary/)
  })

  test('is refused when its tables are damaged, and let go of', () => {
    const file = scratchFile()
    openStore(file).close()
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec('ALTER TABLE blocks RENAME COLUMN bytes TO byte')
    expect(() => openStore(file)).toThrow(refused('tables are damaged'))
    // Only who is alone with a file may take its log away.
    expect(other.prepare('PRAGMA journal_mode = DELETE').get()).toEqual({ journal_mode: 'delete' })
  })

  test('is refused when it is a folder, or under a file', () => {
    const file = scratchFile()
    expect(() => openStore(dirname(file))).toThrow(refused('cannot be opened'))
    openStore(file).close()
    expect(() => openStore(join(file, 'archive.db'))).toThrow(refused('cannot be opened'))
  })
})

describe('damage on disk', () => {
  test('of a page of the file is told, and of a sound one nothing', async () => {
    const file = scratchFile()
    const store = openStore(file)
    store.write({ blocks: await someBlocks(2_500) })
    expect(store.faults()).toEqual([])
    store.close()
    // Where the cells of the last page are, after its header of 8 bytes.
    const bytes = readFileSync(file)
    const page = bytes.readUInt16BE(16)
    const last = bytes.length - page
    writeFileSync(file, bytes.fill(0xee, last + 8, last + 16))
    expect(opened(file).faults()).toEqual([expect.stringContaining(`page ${bytes.length / page}`)])
  })

  test('is never served: the block is in quarantine and missing until good bytes are put again', async () => {
    const file = scratchFile()
    const [bad, good] = [await toBlock({ title: 'a marker' }), await toBlock({ title: 'untouched' })]
    const store = openStore(file)
    store.write({ blocks: [bad, good] })
    store.close()
    damage(file, 'a marker')

    const again = opened(file)
    const { digest } = bad.cid.multihash
    expect(again.get(digest)).toBeUndefined()
    expect(again.get(good.cid.multihash.digest)).toEqual(good.bytes)
    const [found] = again.quarantine()
    expect(found!.digest).toEqual(digest)
    expect(found!.bytes).not.toEqual(bad.bytes)
    expect(found!.bytes).toHaveLength(bad.bytes.length)
    expect(found!.found.getTime()).toBeCloseTo(Date.now(), -4)
    expect([...again.digests()]).toEqual([good.cid.multihash.digest])
    again.write({ blocks: [good] })
    expect(again.quarantine()).toHaveLength(1)
    again.write({ blocks: [bad] })
    expect(again.get(digest)).toEqual(bad.bytes)
    expect(again.quarantine()).toEqual([])
  })

  test('of any single bit of the file never becomes other bytes', async () => {
    const file = scratchFile()
    const blocks = await Promise.all([
      toBlock({ a: 'x'.repeat(6_000) }),
      toBlock({ b: 1 }),
      toBlock({ c: 'c'.repeat(500) })
    ])
    const store = openStore(file)
    store.write({ blocks, rows: new Map([['/version', Uint8Array.of(49)]]) })
    store.close()
    const pristine = readFileSync(file)
    const copy = join(dirname(file), 'copy.db')
    let noticed = 0
    fc.assert(
      fc.property(fc.nat(pristine.length * 8 - 1), (bit) => {
        const bytes = Buffer.from(pristine)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        writeFileSync(copy, bytes)
        const answers = blocks.map(({ cid }) => readOnce(copy, cid.multihash.digest))
        answers.forEach((answer, i) => {
          if (answer !== undefined) expect(Buffer.compare(answer, blocks[i]!.bytes)).toBe(0)
          else noticed++
        })
      }),
      { numRuns: 250 }
    )
    expect(noticed).toBeGreaterThan(0)
  })
})

describe('two processes on one file', () => {
  test('can make it at the same moment', async () => {
    const file = scratchFile()
    const codes = await Promise.all(Array.from({ length: 4 }, async () => await run(file, 5)))
    expect(codes).toEqual([0, 0, 0, 0])
    expect([...opened(file).digests()]).toHaveLength(20)
  })

  test('can write in turn', async () => {
    const file = scratchFile()
    const store = opened(file)
    const other = run(file, 100)
    const blocks = await someBlocks(100)
    for (const block of blocks) {
      store.write({ blocks: [block] })
      await new Promise(setImmediate)
    }
    expect(await other).toBe(0)
    expect([...store.digests()]).toHaveLength(200)
    for (const { cid, bytes } of blocks) expect(store.get(cid.multihash.digest)).toEqual(bytes)
  })

  test('do not wait for ever: a writer says that another is writing', async () => {
    const file = scratchFile()
    const store = opened(file, { busyTimeout: 50 })
    const block = await someBlock()
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    expect(() => store.write({ blocks: [block] })).toThrow(
      expect.objectContaining({
        code: 'STORE_UNAVAILABLE',
        details: { file, rule: 'another process is writing' },
        hint: expect.any(String)
      })
    )
    expect(store.get(block.cid.multihash.digest)).toBeUndefined()
    other.exec('ROLLBACK')
    store.write({ blocks: [block] })
    expect(store.get(block.cid.multihash.digest)).toEqual(block.bytes)
  })

  test('see what the other has put, also where they found damage before', async () => {
    const file = scratchFile()
    const block = await toBlock({ title: 'a marker' })
    const first = openStore(file)
    first.write({ blocks: [block] })
    first.close()
    damage(file, 'a marker')
    const [one, two] = [opened(file), opened(file)]
    expect(one.get(block.cid.multihash.digest)).toBeUndefined()
    two.write({ blocks: [block] })
    expect(one.get(block.cid.multihash.digest)).toEqual(block.bytes)
  })
})

async function blockOf(code: number, size: number) {
  const bytes = new Uint8Array(size).fill(0x20)
  return { cid: CID.createV1(code, await sha256.digest(bytes)), bytes }
}

async function cidWith(hasher: { digest: typeof sha512.digest | typeof identity.digest }): Promise<CID> {
  const { bytes } = await someBlock()
  return CID.createV1(0x0200, await hasher.digest(bytes))
}

async function truncated(length: number) {
  const block = await someBlock()
  const digest = block.cid.multihash.digest.subarray(0, length)
  return { ...block, cid: CID.createV1(0x0200, Digest.create(sha256.code, digest)) }
}

/** What a store in a file answers; `undefined` too where it can no longer be used, which it must say by its own error. */
function readOnce(file: string, digest: Uint8Array): Uint8Array | undefined {
  let store: Store | undefined
  try {
    store = openStore(file, { busyTimeout: 50 })
    return store.get(digest)
  } catch (error) {
    expect(isArchiveError(error, 'STORE_UNAVAILABLE')).toBe(true)
    return undefined
  } finally {
    store?.close()
  }
}

/** Writes so many blocks, one by one, from another process; its exit code. */
async function run(file: string, count: number): Promise<number> {
  const script = `
    import { openStore } from './src/block/store.ts'
    import { toBlock } from './src/block/block.ts'
    const store = openStore(process.argv[1])
    for (let i = 0; i < ${count}; i++) store.write({ blocks: [await toBlock({ pid: process.pid, i })] })
    store.close()`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, file], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code as number
}
