import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { audit } from '../../src/archive/audit.ts'
import type { Block } from '../../src/block/block.ts'
import { healing } from '../../src/block/healing.ts'
import { type BlockSource, fetchBlock } from '../../src/block/source.ts'
import { openStore, type Store } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { isArchiveError } from '../../src/errors.ts'
import { add, flipped, NOTHING, numbersFrom, same, sourceOf, type Tally, tallyOf } from './tally.ts'

export interface DiskFlips {
  /** Flips in the bytes of the documents. */
  readonly blocks: Tally
  /** Flips anywhere in the file: tables, indexes, its header. */
  readonly pages: PageFlips
  /** Flips in the log that SQLite writes ahead. */
  readonly log: Tally
  /** Of the documents that were damaged and then read or pinned again, those that are sound in the file afterwards. */
  readonly byReading: Healed
  readonly byPinning: Healed
}

/** Nothing came of it; all is well again; an error or the audit says that something is lost; or nobody says it. */
export type Outcome = 'harmless' | 'healed' | 'told' | 'silent'

export type PageFlips = Tally & { readonly [Of in Outcome]: number }

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
    const random = numbersFrom(options.seed)
    const anywhere = (bytes: Buffer): Uint8Array => flipped(bytes, Math.floor(random() * bytes.length * 8))
    const inBlocks = await flipBlocks(file, whole, blocks, options.rounds)
    let inPages: PageFlips = { ...NOTHING, harmless: 0, healed: 0, told: 0, silent: 0 }
    for (let i = 0; i < options.pages; i++) inPages = await flipPage(file, anywhere(whole), blocks, inPages)
    let inLog = NOTHING
    for (let i = 0; i < options.log; i++) {
      put(file, log.file, anywhere(log.wal))
      inLog = add(inLog, tallyOf(1, answersOf(file, blocks)))
    }
    return { ...inBlocks, pages: inPages, log: inLog }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function flipBlocks(
  file: string,
  whole: Buffer,
  blocks: readonly Block[],
  rounds: number
): Promise<Pick<DiskFlips, 'blocks' | 'byReading' | 'byPinning'>> {
  const places = blocks.map(({ bytes }) => placesOf(whole, bytes))
  const found = { blocks: NOTHING, byReading: { damaged: 0, healed: 0 }, byPinning: { damaged: 0, healed: 0 } }
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(whole)
    // A bit of every document, so that one opening serves for all of them.
    for (const place of places) {
      for (const at of place[round % place.length]!) bytes[at]! ^= 1 << ((round + Math.floor(round / place.length)) % 8)
    }
    put(file, bytes)
    found.blocks = add(found.blocks, tallyOf(blocks.length, answersOf(file, blocks)))
    if (round % EVERY === 0) found.byReading = sum(found.byReading, await healedBy(file, blocks, readAll))
    if (round % EVERY !== EVERY / 2) continue
    put(file, bytes)
    found.byPinning = sum(found.byPinning, await healedBy(file, blocks, pinAgain))
  }
  return found
}

/** What came of one flip anywhere in the file, after everything was read and audited with the same documents elsewhere. */
async function flipPage(
  file: string,
  bytes: Uint8Array,
  blocks: readonly Block[],
  before: PageFlips
): Promise<PageFlips> {
  put(file, bytes)
  const answers = answersOf(file, blocks)
  put(file, bytes)
  const came = await outcomeOf(file, blocks)
  const outcome = came === 'harmless' && answers.some(([, answer]) => answer === undefined) ? 'healed' : came
  return { ...before, ...add(before, tallyOf(1, answers)), [outcome]: before[outcome] + 1 }
}

async function outcomeOf(file: string, blocks: readonly Block[]): Promise<Outcome> {
  let store: Store | undefined
  try {
    store = openStore(file)
    await readAll(store, blocks)
    const { faults, lost, healed, quarantined } = await audit(
      { store, pins: pinsOf(store, 'store'), sources: [sourceOf(blocks)] },
      { sample: 0 }
    )
    if (faults.length + lost.length + quarantined.length > 0) return 'told'
    const here = store
    const isWhole = blocks.every(({ cid, bytes }) => {
      const kept = here.get(cid.multihash.digest)
      return kept !== undefined && same(kept, bytes) && here.pins.keeps(cid.multihash.digest)
    })
    return isWhole ? (healed.length > 0 ? 'healed' : 'harmless') : 'silent'
  } catch (error) {
    if (!isArchiveError(error, 'STORE_UNAVAILABLE')) throw error
    return 'told'
  } finally {
    orNothing(() => store?.close())
  }
}

/** A database with the documents pinned in it, and what there was on disk before its log was folded into it. */
async function written(file: string, blocks: readonly Block[]) {
  const store = openStore(file)
  const pins = pinsOf(store, 'store')
  for (const block of blocks) await pins.pin([block])
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

function put(file: string, bytes: Uint8Array, log?: Uint8Array): void {
  for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true })
  writeFileSync(file, bytes)
  if (log !== undefined) writeFileSync(`${file}-wal`, log)
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

async function readAll(store: Store, blocks: readonly Block[]): Promise<void> {
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
