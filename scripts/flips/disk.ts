import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Block } from '../../src/block/block.ts'
import { healing } from '../../src/block/healing.ts'
import { pinsOf } from '../../src/block/helia.ts'
import { type BlockSource, fetchBlock } from '../../src/block/source.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { isArchiveError } from '../../src/errors.ts'
import { add, flipped, NOTHING, numbersFrom, same, sourceOf, type Tally, tallyOf } from './tally.ts'

export interface DiskFlips {
  /** Flips in the bytes of the documents. */
  readonly blocks: Tally
  /** Flips anywhere in the file: tables, indexes, its header. */
  readonly pages: Tally
  /** Flips in the log that SQLite writes ahead. */
  readonly log: Tally
  /** Of the documents that were damaged and then read or pinned again, those that are sound in the file afterwards. */
  readonly byReading: Healed
  readonly byPinning: Healed
}

export interface Healed {
  readonly damaged: number
  readonly healed: number
}

export interface DiskOptions {
  /** How often every document is damaged at once. */
  readonly rounds: number
  readonly pages: number
  readonly log: number
  readonly seed: number
}

/** One round in so many is read, and another pinned again, to see whether that heals. */
const EVERY = 10

/** Flips bits of a database file while nobody has it open, and asks the store that opens it. */
export async function flipOnDisk(blocks: readonly Block[], options: DiskOptions): Promise<DiskFlips> {
  const memory = '/dev/shm'
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'trend-archive-flips-'))
  try {
    const file = join(folder, 'archive.db')
    const { whole, log } = await written(file, blocks)
    const places = blocks.map(({ bytes }) => placesOf(whole, bytes))
    let inBlocks = NOTHING
    let byReading: Healed = { damaged: 0, healed: 0 }
    let byPinning: Healed = { damaged: 0, healed: 0 }
    for (let round = 0; round < options.rounds; round++) {
      const bytes = Buffer.from(whole)
      // The same bit of every document, so that one opening serves for all of them.
      for (const place of places) {
        for (const at of place[round % place.length]!) bytes[at]! ^= 1 << (Math.floor(round / place.length) % 8)
      }
      put(file, bytes)
      inBlocks = add(inBlocks, tallyOf(blocks.length, answersOf(file, blocks)))
      if (round % EVERY === 0) byReading = sum(byReading, await healedBy(file, blocks, read))
      if (round % EVERY === EVERY / 2) {
        put(file, bytes)
        byPinning = sum(byPinning, await healedBy(file, blocks, pinAgain))
      }
    }
    const random = numbersFrom(options.seed)
    const anywhere = (bytes: Buffer): Uint8Array => flipped(bytes, Math.floor(random() * bytes.length * 8))
    return {
      blocks: inBlocks,
      pages: times(options.pages, () => {
        put(file, anywhere(whole))
        return tallyOf(1, answersOf(file, blocks))
      }),
      log: times(options.log, () => {
        put(file, log.file)
        writeFileSync(`${file}-wal`, anywhere(log.wal))
        return tallyOf(1, answersOf(file, blocks))
      }),
      byReading,
      byPinning
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A database with the documents pinned in it, and what there was on disk before its log was folded into it. */
async function written(file: string, blocks: readonly Block[]) {
  const store = openStore(file)
  await pinsOf(store, 'store').pin(blocks)
  const log = { file: readFileSync(file), wal: readFileSync(`${file}-wal`) }
  store.close()
  // Leaves no second copy of a document in a page that is no longer used.
  const database = new DatabaseSync(file)
  database.exec('VACUUM')
  database.close()
  return { whole: readFileSync(file), log }
}

/**
 * Where in a file each byte of a document is. One that is larger than a page is in several pieces; others may begin
 * with the same words, so the longest piece is the right one; and a page that was split keeps what it held before.
 */
function placesOf(file: Buffer, bytes: Uint8Array): readonly (readonly number[])[] {
  const places: (readonly number[])[] = []
  while (places.length < bytes.length) {
    const { copies, length } = longestPiece(file, bytes.subarray(places.length))
    if (length === 0) throw new Error('a document is not in the file as it is')
    for (let i = 0; i < length; i++) places.push(copies.map((at) => at + i))
  }
  return places
}

function longestPiece(
  file: Buffer,
  bytes: Uint8Array
): { readonly copies: readonly number[]; readonly length: number } {
  let longest = { copies: [] as readonly number[], length: 0 }
  const start = bytes.subarray(0, 16)
  for (let at = file.indexOf(start); at !== -1; at = file.indexOf(start, at + 1)) {
    let length = start.length
    while (length < bytes.length && file[at + length] === bytes[length]) length++
    if (length === longest.length) longest = { copies: [...longest.copies, at], length }
    else if (length > longest.length) longest = { copies: [at], length }
  }
  return longest
}

function put(file: string, bytes: Uint8Array): void {
  for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true })
  writeFileSync(file, bytes)
}

/** What a store in the file answers; where it can no longer be used it must say so by its own error. */
function answersOf(file: string, blocks: readonly Block[]): readonly (readonly [Block, Uint8Array | undefined])[] {
  let store: Store | undefined
  try {
    store = openStore(file)
    const opened = store
    return blocks.map((block) => [block, orNothing(() => opened.get(block.cid.multihash.digest))])
  } catch (error) {
    if (!isArchiveError(error, 'STORE_UNAVAILABLE')) throw error
    return blocks.map((block) => [block, undefined])
  } finally {
    orNothing(() => store?.close())
  }
}

function orNothing<Value>(ask: () => Value): Value | undefined {
  try {
    return ask()
  } catch (error) {
    if (!isArchiveError(error, 'STORE_UNAVAILABLE')) throw error
    return undefined
  }
}

/** Does something to a damaged file, and looks from a new store how many documents are sound then and out of quarantine. */
async function healedBy(
  file: string,
  blocks: readonly Block[],
  mend: (store: Store, blocks: readonly Block[]) => Promise<void>
): Promise<Healed> {
  const store = openStore(file)
  await mend(store, blocks)
  store.close()
  const again = openStore(file)
  const sound = blocks.filter(({ cid, bytes }) => {
    const kept = again.get(cid.multihash.digest)
    return kept !== undefined && same(kept, bytes)
  })
  const healed = again.quarantine().length === 0 ? sound.length : 0
  again.close()
  return { damaged: blocks.length, healed }
}

async function read(store: Store, blocks: readonly Block[]): Promise<void> {
  const here: BlockSource = {
    name: 'the store',
    async get({ multihash }) {
      const bytes = store.get(multihash.digest)
      if (bytes === undefined) throw new Error('not here')
      return bytes
    }
  }
  const sources = [here, healing(store, sourceOf(blocks))]
  for (const { cid } of blocks) await fetchBlock(sources, cid)
}

async function pinAgain(store: Store, blocks: readonly Block[]): Promise<void> {
  await pinsOf(store, 'store').pin(blocks)
}

const sum = (a: Healed, b: Healed): Healed => ({ damaged: a.damaged + b.damaged, healed: a.healed + b.healed })

function times(count: number, flip: () => Tally): Tally {
  let tally = NOTHING
  for (let i = 0; i < count; i++) tally = add(tally, flip())
  return tally
}
