/**
 * `npm run test:tamper`: makes a proof bundle of each story that a document can have, on a real EVM, and changes it in every
 * way that somebody might: each byte flipped, each block forged and named anew, cut, sections dropped, doubled, swapped and
 * mixed with those of other bundles – another publisher's, another version's, another deployment's, another block's –,
 * another chain's block and another registry. Whatever is no bundle must be refused, and nothing may come to a conclusion
 * that the bundle it was made of does not come to.
 */
import { prove } from '../src/archive/prove.ts'
import { publish } from '../src/archive/publish.ts'
import type { Bytes32 } from '../src/block/cid.ts'
import { memoryPending } from '../src/block/pending.ts'
import { isArchiveError } from '../src/errors.ts'
import { ethersRegistry } from '../src/registry/ethers.ts'
import type { ChainBlock } from '../src/registry/registry.ts'
import type { Verdict } from '../src/verdict/judge.ts'
import { type BlockTeller, type VerifyBundleOptions, verifyBundle } from '../src/verdict/verify-bundle.ts'
import { STORIES, type Stories, type Story, tell } from '../test/archive/stories.ts'
import { openHardhat } from '../test/registry/evm.ts'
import { draft } from '../test/world.ts'
import { numbersFrom } from './flips/tally.ts'
import { type Attack, cutsOf, flipsOf, forgeriesOf, mixedWith, rearranged } from './tamper/attacks.ts'

/** A bundle as it was made, and what it rightly comes to. */
export interface Genuine {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly block: Bytes32
  readonly verdict: Verdict
}

/** Reads and judges a file; the one under test. */
export type Reader = (bytes: Uint8Array<ArrayBuffer>, options: VerifyBundleOptions) => Promise<Verdict>

export interface Tally {
  /** How many files of each kind were tried. */
  readonly tried: Map<string, number>
  /** No bundle, or about bytes that are no document. */
  refused: number
  /** A proof that does not hold, or not of this block: nothing is concluded. */
  inconclusive: number
  /** Came to what the bundle rightly comes to: something was left out that decides nothing, e.g. an older version. */
  same: number
  readonly accepted: string[]
  readonly crashes: string[]
  /** Milliseconds that the slowest took. */
  slowest: number
}

export interface TamperOptions {
  readonly stories: readonly Story[]
  /** Of how many bytes one is forged. */
  readonly stride: number
  readonly seed: number
  readonly reader?: Reader | undefined
}

const NOW = 4_100_000_000
/** A file is read and judged within this, on a machine that does other things too. */
const MOST_MS = 1_000

const WHOLE: TamperOptions = { stories: STORIES, stride: 1, seed: 12_345 }

export async function tamper({ stories, stride, seed, reader = verifyBundle }: TamperOptions): Promise<Tally> {
  const random = numbersFrom(seed)
  const { own, others, close } = await makeBundles(stories)
  const truth = new Map([...own, ...others].map(({ block, verdict }) => [`${verdict.cid} ${block}`, gist(verdict)]))
  const tally: Tally = {
    tried: new Map(),
    refused: 0,
    inconclusive: 0,
    same: 0,
    accepted: [],
    crashes: [],
    slowest: 0
  }
  const tryOne = async (
    name: string,
    { kind, bytes, mustBeRefused }: Omit<Attack, 'kind'> & { readonly kind: string },
    block: Bytes32,
    options: VerifyBundleOptions = {}
  ): Promise<void> => {
    tally.tried.set(kind, (tally.tried.get(kind) ?? 0) + 1)
    const start = performance.now()
    try {
      const verdict = await reader(bytes, { blockHash: block, now: NOW, ...options })
      if (mustBeRefused) tally.accepted.push(`${name}: ${kind}, read as a bundle`)
      else if (verdict.status === 'inconclusive') tally.inconclusive++
      else if (verdict.status === 'refuted' && verdict.document === undefined) tally.refused++
      else if (truth.get(`${verdict.cid} ${verdict.chain?.block.hash}`) === gist(verdict)) tally.same++
      else tally.accepted.push(`${name}: ${kind}, ${gist(verdict)}`)
    } catch (error) {
      if (isArchiveError(error, 'INVALID_BUNDLE')) tally.refused++
      else tally.crashes.push(`${name}: ${kind}, ${error}`)
    }
    tally.slowest = Math.max(tally.slowest, performance.now() - start)
  }
  for (const { name, bytes, block } of own) {
    for (const attack of flipsOf(bytes, random)) await tryOne(name, attack, block)
    for (const attack of forgeriesOf(bytes, random, stride)) await tryOne(name, attack, block)
    for (const attack of cutsOf(bytes)) await tryOne(name, attack, block)
    for (const attack of rearranged(bytes)) await tryOne(name, attack, block)
    for (const other of [...own, ...others].filter((one) => one.bytes !== bytes)) {
      for (const attack of mixedWith(bytes, other.bytes)) {
        await tryOne(name, attack, block)
        // Of another block it says nothing, whatever else is in it.
        if (other.block !== block) await tryOne(name, { ...attack, mustBeRefused: false }, other.block)
      }
      // The right file, and somebody who took the hash of another block for that of this one.
      const whole = { kind: 'other block', bytes, mustBeRefused: false }
      if (other.block !== block) await tryOne(name, whole, other.block)
    }
    const elsewhere = { 'eip155:31337': '0x5fbdb2315678afecb367f032d93f642f64180aa3' } as const
    await tryOne(name, { kind: 'other registry', bytes, mustBeRefused: false }, block, { registries: elsewhere })
    const said: ChainBlock = { number: 1n, hash: block, timestamp: 1, finality: 'final' }
    const teller: BlockTeller = { chain: 'eip155:1', trust: 'rpc:other', block: async () => said }
    const blocks = { blocks: [teller], blockHash: undefined }
    await tryOne(name, { kind: 'other chain', bytes, mustBeRefused: false }, block, blocks)
  }
  await close()
  return tally
}

/** What a verdict comes to. How far back the lineage could be followed decides nothing. */
const gist = ({ cid, status, standing, recorded, successor, publisher, checks, chain }: Verdict): string =>
  JSON.stringify([
    String(cid),
    status,
    standing,
    recorded?.record,
    String(successor),
    publisher,
    chain?.block.hash,
    checks.filter(({ name }) => name !== 'lineage').map(({ name, outcome }) => [name, outcome])
  ])

/** The bundles to change, and others to mix them with. */
async function makeBundles(wanted: readonly Story[]) {
  const [evm, elsewhere] = [await openHardhat(), await openHardhat()]
  const mine = await tell(evm)
  const [theirs, copy] = [
    await tell(evm, { publisher: 3, editor: 1 }),
    await tell(elsewhere, { publisher: 3, editor: 1 })
  ]
  const own = await bundlesOf('own', mine, wanted)
  const strangers = await bundlesOf("another publisher's", theirs, wanted.slice(0, 2))
  const copies = await bundlesOf("another deployment's", copy, wanted.slice(0, 2))
  const registry = await ethersRegistry({ chain: 'eip155:31337', address: evm.address, signer: evm.wallets[0]! })
  const ports = { sources: [mine.blocks], sinks: [mine.blocks], registry, pending: memoryPending() }
  const { steps } = await publish(ports, [draft('alone', { body: 'Newer.' })])
  const later = await bundlesOf("another block's", mine, ['alone'])
  const newer = { ...mine, cids: { ...mine.cids, alone: steps[0]!.named.cid } }
  const versions = await bundlesOf("another version's", newer, ['alone'])
  return {
    own,
    others: [...strangers, ...copies, ...later, ...versions],
    close: async () => {
      await Promise.all([evm.close(), elsewhere.close()])
    }
  }
}

async function bundlesOf(
  whose: string,
  { ports, cids }: Stories,
  stories: readonly Story[]
): Promise<readonly Genuine[]> {
  const made: Genuine[] = []
  for (const story of stories) {
    const { bytes, block } = await prove(ports, cids[story], { now: NOW })
    const verdict = await verifyBundle(bytes, { blockHash: block.hash, now: NOW })
    made.push({ name: `${whose} ${story}`, bytes, block: block.hash, verdict })
  }
  return made
}

/** What does not hold, in words; nothing where all does. */
export function missedBy({ tried, refused, inconclusive, accepted, crashes, slowest }: Tally): readonly string[] {
  return [
    ...accepted.map((what) => `accepted: ${what}`),
    ...crashes.map((what) => `crashed: ${what}`),
    ...(slowest > MOST_MS ? [`one took ${Math.round(slowest)} ms`] : []),
    // Where nothing is refused, or nothing gets as far as the trie, this is a test of nothing.
    ...(refused === 0 || inconclusive === 0 || tried.size === 0 ? ['the attacks hit nothing'] : [])
  ]
}

function lineOf({ tried, refused, inconclusive, same, accepted, crashes, slowest }: Tally, seconds: number): string {
  const all = [...tried.values()].reduce((sum, count) => sum + count, 0)
  const kinds = [...tried].map(([kind, count]) => `${kind} ${count}`).join(', ')
  return (
    `tamper: ${accepted.length} accepted and ${crashes.length} crashes of ${all} (${kinds}); ` +
    `${refused} refused, ${inconclusive} inconclusive, ${same} the same verdict with less; ` +
    `slowest ${Math.round(slowest)} ms; ${STORIES.length} kinds of bundles; ${seconds} s`
  )
}

if (import.meta.main) {
  const tally = await tamper(WHOLE)
  const missed = missedBy(tally)
  for (const what of missed.slice(0, 50)) console.error(what)
  console.log(lineOf(tally, Math.round(performance.now() / 1000)))
  process.exit(missed.length === 0 ? 0 : 1)
}
