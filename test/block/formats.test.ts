import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { toBlock } from '../../src/block/block.ts'
import { fromDigest } from '../../src/block/cid.ts'
import { openDatabase } from '../../src/block/database.ts'
import { FORMATS } from '../../src/block/formats.ts'
import { heliaBlockstore, heliaDatastore } from '../../src/block/helia-store.ts'
import { openStore, type Store, storeIn } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { namesOf, scratchFile, someBlock, someBlocks, sortedNames } from './samples.ts'

const GOLDEN = readFileSync(new URL('../vectors/format-1.sql', import.meta.url), 'utf8')
const PUBLISHER = 'eip155:1:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

/** A file of format 1, as version 0.1.0 left it. */
function oldFile(file = scratchFile()): string {
  const database = new DatabaseSync(file)
  database.exec(`BEGIN; ${GOLDEN} COMMIT; PRAGMA journal_mode = WAL;`)
  database.close()
  return file
}

function opened(file: string): Store {
  const store = openStore(file)
  onTestFinished(store.close)
  return store
}

function inspected<Answer>(file: string, look: (database: DatabaseSync) => Answer): Answer {
  const database = new DatabaseSync(file)
  try {
    return look(database)
  } finally {
    database.close()
  }
}

const formatOf = (file: string): unknown =>
  inspected(file, (database) => database.prepare('PRAGMA user_version').get()?.user_version)

const schemaOf = (file: string): readonly unknown[] =>
  inspected(file, (database) =>
    database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all()
  )

const documents = async () => await Promise.all([0, 1, 2, 3, 4].map((number) => toBlock({ number, title: 'a trend' })))

describe('a file of format 1', () => {
  test('opens, and has every block, pin and row that it had', async () => {
    const store = opened(oldFile())
    const [zero, one, two, three, four] = await documents()
    expect(await namesOf(pinsOf(store, 'store').pinned())).toEqual(sortedNames([zero!, one!, two!, four!]))
    for (const { cid, bytes } of [zero!, one!, three!, four!]) {
      expect(store.get(cid.multihash.digest)).toEqual(bytes)
    }
    expect([...store.pins.missing()].map(fromDigest).map(String)).toEqual([String(two!.cid)])
    expect(store.quarantine().map(({ digest }) => digest)).toEqual([two!.cid.multihash.digest])
    const name = 'eip155:31337:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266/edge'
    expect(await store.pending.get(name)).toEqual(three!.cid)
    expect(store.rows('').map(({ key }) => key)).toEqual(['/version', `watermark/${PUBLISHER}`])
  })

  test('is to Helia what it was: the same pins, metadata included, and garbage collection takes the rest', async () => {
    const store = opened(oldFile())
    const [zero, one, two, three, four] = await documents()
    const helia = await createHeliaLight({
      blockstore: heliaBlockstore(store),
      datastore: heliaDatastore(store) as never,
      codecs: [json]
    }).start()
    const listed = await Array.fromAsync(helia.pins.ls(), ({ cid, metadata }) => [String(cid), metadata])
    expect(listed.sort()).toEqual(
      [
        ...[zero!, one!, two!].map(({ cid }) => [String(cid), {}]),
        [String(four!.cid), { by: 'helia' }],
        [String(CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode('not a document')))), {}]
      ].sort()
    )
    await helia.gc()
    expect([...store.digests()]).toHaveLength(4)
    expect(store.get(three!.cid.multihash.digest)).toBeUndefined()
    await helia.stop()
  })

  test('keeps what Helia had counted and not listed, or could no longer spell', async () => {
    const file = oldFile()
    inspected(file, (database) => {
      // A pin that was cut short, a count whose pinners Helia forgot, and one that was damaged.
      database.exec("DELETE FROM rows WHERE key LIKE '/pin/%'")
      const keys = database.prepare("SELECT key FROM rows WHERE key LIKE '/pinned-block/%' ORDER BY key").all()
      const put = database.prepare('UPDATE rows SET value = ? WHERE key = ?')
      put.run(Buffer.from('a26870696e436f756e74206870696e6e6564427980', 'hex'), keys[0]!.key as string)
      put.run(Uint8Array.of(0xff), keys[1]!.key as string)
    })
    const store = opened(file)
    expect([...store.pins.digests()]).toHaveLength(5)
    expect(store.rows('/pin')).toEqual([])
  })

  test('becomes what a new file is', () => {
    const [old, fresh] = [oldFile(), scratchFile()]
    openStore(old).close()
    openStore(fresh).close()
    expect(schemaOf(old)).toEqual(schemaOf(fresh))
    expect(formatOf(old)).toBe(FORMATS.length)
    openStore(old).close()
    expect(opened(old).pins.count()).toBe(4)
  })

  test('is brought to the newest by several processes at once, which then all use it', async () => {
    const file = oldFile()
    const codes = await Promise.all(Array.from({ length: 4 }, async () => (await child(writer(5), file)).code))
    expect(codes).toEqual([0, 0, 0, 0])
    expect(opened(file).pins.count()).toBe(4 + 20)
  })

  test('stays what it is when the process is killed halfway, and opens the next time', async () => {
    const file = oldFile()
    const before = schemaOf(file)
    const killed = await child(
      `
      import { openDatabase } from './src/block/database.ts'
      import { FORMATS } from './src/block/formats.ts'
      const steps = [...FORMATS, () => process.kill(process.pid, 'SIGKILL')]
      openDatabase(process.argv[1], steps, 5_000)`,
      file
    )
    expect(killed.signal).toBe('SIGKILL')
    expect(formatOf(file)).toBe(1)
    expect(schemaOf(file)).toEqual(before)
    expect(opened(file).pins.count()).toBe(4)
  })

  test('stays what it is when a step fails', () => {
    const file = oldFile()
    const before = schemaOf(file)
    const broken = [...FORMATS.slice(0, 2), (database: DatabaseSync) => database.exec('CREATE TABLE blocks (a)')]
    expect(() => openDatabase(file, broken, 0)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }))
    expect(formatOf(file)).toBe(1)
    expect(schemaOf(file)).toEqual(before)
  })

  test('that may not be written says that it must be brought to another format', async () => {
    const file = oldFile()
    chmodSync(dirname(file), 0o777)
    chmodSync(file, 0o444)
    const said = await child(asNobody(writer(0)), file)
    expect(said.error).toMatch(/has format 1 and must become 2, but the file may not be written/)
    expect(formatOf(file)).toBe(1)
  })
})

describe('a disk that takes nothing', () => {
  test('because the folder may not be written, is told by name, and nothing is lost', async () => {
    const file = scratchFile()
    const store = openStore(file)
    const blocks = await someBlocks(3)
    await pinsOf(store, 'store').pin(blocks)
    store.close()
    chmodSync(file, 0o444)
    chmodSync(dirname(file), 0o555)
    const said = await child(asNobody(writer(1)), file)
    expect(said.code).not.toBe(0)
    expect(said.error).toMatch(/STORE_UNAVAILABLE/)
    expect(said.error).toMatch(/may not be written|cannot be opened/)
    const before = readFileSync(file)
    chmodSync(dirname(file), 0o755)
    chmodSync(file, 0o644)
    expect(readFileSync(file)).toEqual(before)
    expect(opened(file).pins.count()).toBe(3)
  })

  test('because a new archive may not be made there, is told by name', async () => {
    const file = scratchFile()
    chmodSync(dirname(file), 0o755)
    const folder = join(dirname(file), 'closed')
    mkdirSync(folder, { mode: 0o555 })
    const said = await child(asNobody(writer(1)), join(folder, 'deeper', 'archive.db'))
    expect(said.error).toMatch(/STORE_UNAVAILABLE/)
    expect(said.error).toMatch(/cannot be opened/)
  })

  test('because it is full, is told by name; what was kept before stays, and the next write works', async () => {
    const file = scratchFile()
    const database = openDatabase(file, FORMATS, 0)
    const store = storeIn(database, file)
    onTestFinished(store.close)
    const sink = pinsOf(store, 'store')
    const first = await someBlocks(3)
    await sink.pin(first)
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count)
    database.exec(`PRAGMA max_page_count = ${pages + 3}`)
    const large = await Promise.all(Array.from({ length: 20 }, (_, i) => toBlock({ i, text: 'x'.repeat(30_000) })))
    await expect(sink.pin([await someBlock(), ...large])).rejects.toMatchObject({
      code: 'PIN_FAILED',
      cause: { code: 'STORE_UNAVAILABLE', details: { file, rule: 'the disk is full' }, hint: expect.any(String) }
    })
    expect(await namesOf(sink.pinned())).toEqual(sortedNames(first))
    expect([...store.digests()]).toHaveLength(3)
    database.exec(`PRAGMA max_page_count = ${pages + 1_000}`)
    await sink.pin(large)
    expect(store.pins.count()).toBe(23)
    expect(store.faults()).toEqual([])
  })
})

test('two processes that pin and unpin overlapping editions in one file count exactly', async () => {
  const file = scratchFile()
  const script = `
    import { openStore } from './src/block/store.ts'
    import { pinsOf } from './src/block/store-pins.ts'
    import { toBlock } from './src/block/block.ts'
    const store = openStore(process.argv[1])
    const sink = pinsOf(store, 'store')
    const members = await Promise.all(Array.from({ length: 20 }, (_, i) => toBlock({ member: i })))
    const mine = await Promise.all(Array.from({ length: 30 }, (_, i) => toBlock({ edition: i, by: process.pid })))
    for (const [i, edition] of mine.entries()) {
      await sink.pin([edition, ...members.slice(i % 10, i % 10 + 10)], { root: edition.cid })
      if (i > 0) await sink.unpin([edition.cid])
    }
    store.close()`
  const ended = await Promise.all(Array.from({ length: 3 }, async () => await child(script, file)))
  expect(ended.map(({ code, error }) => `${code} ${error}`)).toEqual(['0 ', '0 ', '0 '])
  const store = opened(file)
  expect(store.pins.count()).toBe(3 + 10)
  const [member] = await Promise.all([toBlock({ member: 0 })])
  expect(store.pins.rootsOf(member!.cid.multihash.digest)).toHaveLength(3)
})

/** Permissions do not bind root, so what may not be written is opened as somebody else. */
const asNobody = (script: string): string =>
  script.replace('const store', 'if (process.getuid() === 0) process.setuid(65_534)\n  const store')

const writer = (count: number): string => `
  import { openStore } from './src/block/store.ts'
  import { pinsOf } from './src/block/store-pins.ts'
  import { toBlock } from './src/block/block.ts'
  const store = openStore(process.argv[1])
  for (let i = 0; i < ${count}; i++) await pinsOf(store, 'store').pin([await toBlock({ pid: process.pid, i })])
  store.close()`

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly error: string
}

/** Runs a script in a process of its own, with the file as its argument. */
async function child(script: string, file: string): Promise<Ended> {
  const argv = ['--input-type=module-typescript', '-e', script, file]
  const running = spawn(process.execPath, argv, { stdio: ['ignore', 'inherit', 'pipe'] })
  let error = ''
  running.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text
  })
  const [code, signal] = await once(running, 'close')
  return { code: code as number | null, signal: signal as string | null, error }
}
