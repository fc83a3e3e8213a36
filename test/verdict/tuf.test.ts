import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { point } from '../../src/archive/point.ts'
import type { WritePorts } from '../../src/archive/ports.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import { cidOf, fromBytes32, parseCid, type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import type { BlockSource } from '../../src/block/source.ts'
import { encode, type Json } from '../../src/document/canonical.ts'
import type { TrendDraft } from '../../src/document/document.ts'
import { complete, completeEdition } from '../../src/document/draft.ts'
import { type Chain, type Publisher, toPublisher } from '../../src/document/publisher.ts'
import { memoryChain } from '../../src/registry/memory.ts'
import { quorumRegistry } from '../../src/registry/quorum.ts'
import { refOf } from '../../src/registry/ref.ts'
import { type ChainBlock, NONE, type Registry, type RegistryWriter } from '../../src/registry/registry.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { editionTree, leafOf } from '../../src/registry/tree.ts'
import type { CheckName } from '../../src/verdict/check.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { Named } from '../../src/verdict/library.ts'
import type { Policy } from '../../src/verdict/policy.ts'
import { type Subject, verify } from '../../src/verdict/verify.ts'
import { memoryWatermarks, type Watermarks } from '../../src/verdict/watermarks.ts'
import { openHardhat } from '../registry/evm.ts'
import { ADDRESS, draft, NOW, STRANGER, setEditor } from '../world.ts'

// The cases that clients of The Update Framework are tested with (github.com/theupdateframework/tuf-conformance), as they
// read for records and refs: who keeps back, brings back, mixes up or makes up something, and what the verdict must be.

/** No test network, so that what a verdict asks by default is asked. */
const CHAIN: Chain = 'eip155:424242'
const PUBLISHER = toPublisher(CHAIN, ADDRESS)
const PUBLISHED = '2025-06-01T09:00:00Z'
const EVER = 2n ** 40n - 1n

type Account = Registry & RegistryWriter
type Block = Registry['block']

let clock: number
let chain: ReturnType<typeof memoryChain>
let account: Account
let blocks: ReturnType<typeof memoryBlocks>
let ports: WritePorts
let watermarks: Watermarks

beforeEach(() => {
  clock = NOW
  chain = memoryChain({ chain: CHAIN, now: () => clock, lag: 1 })
  account = chain.as(ADDRESS)
  blocks = memoryBlocks()
  ports = { sources: [blocks], sinks: [blocks], registry: account, pending: memoryPending() }
  watermarks = memoryWatermarks()
})

const as = (address: typeof ADDRESS): WritePorts => ({
  ...ports,
  registry: chain.as(address),
  pending: memoryPending()
})

/** Publishes, and lets it become final. */
async function one(text: TrendDraft = draft('edge'), by = ports): Promise<Named> {
  const { steps } = await publish(by, [text], { publisher: PUBLISHER })
  settle()
  return steps[0]!.named
}

const settle = (seconds = 12): void => {
  clock += seconds
  chain.mine(1)
}

interface Judging {
  readonly registry?: Partial<Registry> | undefined
  readonly registries?: readonly Registry[] | undefined
  readonly sources?: readonly BlockSource[] | undefined
  readonly policy?: Policy | undefined
  readonly now?: number | undefined
}

const judge = async (
  subject: Subject,
  { registry = {}, registries, sources = [blocks], policy, now = clock }: Judging = {}
): Promise<Verdict> =>
  await verify(
    { sources, registries: registries ?? [{ ...account, trust: 'rpc:a.example', ...registry }], watermarks },
    subject,
    { policy, now }
  )

const outcome = (verdict: Verdict, name: CheckName) => verdict.checks.find((check) => check.name === name)?.outcome
const detail = (verdict: Verdict, name: CheckName) => verdict.checks.find((check) => check.name === name)?.detail

/** A node that knows nothing above a height. */
const frozenAt =
  (height: bigint): Block =>
  async (at) => {
    if (typeof at === 'bigint') return await account.block(at > height ? 10n ** 9n : at)
    return { ...(await account.block(height)), finality: at === 'latest' ? 'unsafe' : 'final' }
  }

/** A node that says that the newest block is another; of all others it tells the truth. */
const boasting =
  (block: Partial<ChainBlock>): Block =>
  async (at) => {
    const isMeant = typeof at !== 'bigint' || at === block.number
    return isMeant ? { ...(await account.block('finalized')), ...block } : await account.block(at)
  }

/** The truth at whatever block is named. */
const believing = (block: Block): Partial<Registry> => {
  const now = async (): Promise<ChainBlock> => await account.block('latest')
  return {
    block,
    record: async (publisher, digest, proof) => await account.record(publisher, digest, proof, await now()),
    keyed: async (publisher, key) => await account.keyed(publisher, key, await now()),
    head: async (publisher, ref) => await account.head(publisher, ref, await now()),
    notice: async (publisher, digest) => await account.notice(publisher, digest, await now()),
    survey: async (publisher, questions) => await account.survey(publisher, questions, await now()),
    editorUntil: async (publisher, editor) => await account.editorUntil(publisher, editor, await now())
  }
}

const quorumOf = (...readers: readonly Partial<Registry>[]): Registry =>
  quorumRegistry(
    readers.map((reader, i) => ({ ...account, trust: `rpc:${'abc'[i]}.example`, ...reader })),
    { agree: 2, grace: 20 }
  )

const WORD = `0x${'e'.repeat(64)}` as const

/** A document that is pinned and nothing else. */
async function pin(document: unknown): Promise<TrendCid> {
  const block = await toBlock(document as Json)
  await blocks.pin([block])
  return block.cid
}

const placed = (
  more: { readonly publisher?: Publisher; readonly version?: number; readonly previous?: string } = {}
) => ({
  ...{ publisher: PUBLISHER, version: 1, published: PUBLISHED },
  ...more
})

describe('rollback', () => {
  it('of the block: an older one than was accepted is refused', async () => {
    const edge = await one()
    settle()
    const old = (await account.block('finalized')).number
    settle()
    expect((await judge(edge)).status).toBe('verified')
    const verdict = await judge(edge, { registry: { block: frozenAt(old) } })
    expect([verdict.status, outcome(verdict, 'freshness')]).toEqual(['inconclusive', 'fail'])
  })

  it('of the version: a publisher may go back, and is seen to', async () => {
    const first = await one()
    const second = await one(draft('edge', { title: 'Again' }))
    expect(await judge(second)).toMatchObject({ status: 'verified', standing: 'current' })
    await point(ports, first)
    settle()
    settle()
    const verdict = await judge(first)
    expect(verdict).toMatchObject({ status: 'verified', standing: 'current', notes: ['WENT_BACK'] })
    expect(verdict.recalled?.newer).toEqual({ seen: 2, named: 1 })
  })

  it('of a retraction: what was seen taken back does not come back with an older block', async () => {
    const edge = await one()
    const before = (await account.block('finalized')).number
    await retract(ports, edge)
    settle()
    expect(await judge(edge)).toMatchObject({ status: 'refuted', standing: 'retracted' })
    expect((await judge(edge, { registry: { block: frozenAt(before) } })).status).toBe('inconclusive')
  })

  it('of a final retraction by the chain itself: finality is violated, and that is said', async () => {
    const edge = await one()
    await retract(ports, edge)
    settle()
    expect((await judge(edge)).status).toBe('refuted')
    chain.reorg(2)
    settle()
    const verdict = await judge(edge)
    expect(verdict).toMatchObject({ status: 'inconclusive', notes: ['FINALITY_VIOLATED'] })
    expect(outcome(verdict, 'finality')).toBe('fail')
  })

  it('by one of three nodes changes nothing', async () => {
    const edge = await one()
    const before = (await account.block('finalized')).number
    await retract(ports, edge)
    settle()
    const registries = [quorumOf({ block: frozenAt(before) }, {}, {})]
    expect(await judge(edge, { registries })).toMatchObject({ status: 'refuted', standing: 'retracted' })
  })
})

describe('freeze', () => {
  it('beyond the age that the policy allows is no verdict', async () => {
    const edge = await one()
    const policy = { maxAge: 300 }
    expect((await judge(edge, { policy, now: clock + 200 })).status).toBe('verified')
    const verdict = await judge(edge, { policy, now: clock + 400 })
    expect([verdict.status, outcome(verdict, 'freshness')]).toEqual(['inconclusive', 'fail'])
  })

  it('is noticed within an hour by a policy that says nothing', async () => {
    const edge = await one()
    expect((await judge(edge, { now: clock + 3_500 })).status).toBe('verified')
    expect((await judge(edge, { now: clock + 3_700 })).status).toBe('inconclusive')
  })

  it('at the newest block that was seen is noticed by its age alone', async () => {
    const edge = await one()
    const stand = (await account.block('finalized')).number
    expect((await judge(edge)).status).toBe('verified')
    await one(draft('edge', { title: 'Again' }))
    const kept = { registry: { block: frozenAt(stand) } }
    expect((await judge(edge, kept)).status).toBe('verified')
    expect((await judge(edge, { ...kept, now: clock + 3_700 })).status).toBe('inconclusive')
  })

  it('of all nodes of a quorum but one, which is not enough for a newer block, is noticed by what was seen', async () => {
    const edge = await one()
    settle()
    const old = { block: frozenAt((await account.block('finalized')).number - 1n) }
    expect((await judge(edge, { registries: [quorumOf({}, {}, {})] })).status).toBe('verified')
    const verdict = await judge(edge, { registries: [quorumOf(old, old, {})] })
    expect([verdict.status, outcome(verdict, 'freshness')]).toEqual(['inconclusive', 'fail'])
  })
})

describe('fast-forward', () => {
  const HUGE = 10n ** 15n

  it('to a block from the future is not remembered', async () => {
    const edge = await one()
    const lie = boasting({ number: HUGE, hash: WORD, timestamp: clock + 10_000_000 })
    const verdict = await judge(edge, { registry: believing(lie) })
    expect([verdict.status, outcome(verdict, 'freshness')]).toEqual(['inconclusive', 'unknown'])
    expect(await judge(edge, { registry: believing(lie), policy: { maxAge: null } })).toMatchObject({
      status: 'verified'
    })
    expect((await judge(edge)).status).toBe('verified')
  })

  it('by a node alone is loud, and ends when more nodes than it agree', async () => {
    const edge = await one()
    const lie = boasting({ number: HUGE, hash: WORD, timestamp: clock })
    expect((await judge(edge, { registry: believing(lie) })).status).toBe('verified')
    settle()
    settle()
    const alone = await judge(edge)
    expect(alone).toMatchObject({ status: 'inconclusive', notes: ['FINALITY_VIOLATED'] })
    const registries = [quorumOf({}, {}, {})]
    expect(await judge(edge, { registries })).toMatchObject({ status: 'inconclusive', notes: ['FINALITY_VIOLATED'] })
    expect(await judge(edge, { registries })).toMatchObject({ status: 'verified', notes: [] })
    settle()
    expect(await judge(edge)).toMatchObject({ status: 'verified', notes: [] })
    expect((await watermarks.recall(PUBLISHER))?.violations).toHaveLength(1)
  })

  it('by a node alone ends when it is forgotten', async () => {
    const edge = await one()
    const lie = boasting({ number: HUGE, hash: WORD, timestamp: clock })
    await judge(edge, { registry: believing(lie) })
    settle()
    settle()
    expect((await judge(edge)).status).toBe('inconclusive')
    await watermarks.forget(PUBLISHER)
    expect((await judge(edge)).status).toBe('verified')
  })

  it('by one of three nodes is not followed', async () => {
    const edge = await one()
    const registries = [quorumOf({ block: boasting({ number: HUGE, hash: WORD, timestamp: clock }) }, {}, {})]
    expect((await judge(edge, { registries })).status).toBe('verified')
    const [mark] = (await watermarks.recall(PUBLISHER))!.marks
    expect(mark!.number).toBe((await account.block('finalized')).number)
  })

  it('of a version is a note and refuses nothing, and ends when more nodes agree', async () => {
    const edge = await one()
    const forged = await pin(
      complete(draft('edge', { title: 'Forged' }), placed({ version: 99, previous: String(edge.cid) }))
    )
    const head: Registry['survey'] = async (...asked) =>
      (await account.survey(...asked)).map((found) => ({ ...found, head: toBytes32(forged) }))
    expect(await judge(edge, { registry: { survey: head } })).toMatchObject({
      status: 'verified',
      standing: 'superseded'
    })
    settle()
    expect(await judge(edge)).toMatchObject({ status: 'verified', standing: 'current', notes: ['WENT_BACK'] })
    await judge(edge, { registries: [quorumOf({}, {}, {})] })
    expect(await judge(edge)).toMatchObject({ status: 'verified', notes: [] })
  })
})

describe('mix and match', () => {
  it('of the bytes of one document and the CID of another is refuted', async () => {
    const [edge, rust] = [await one(), await one(draft('rust'))]
    const bytes = await blocks.get(rust.cid)
    const verdict = await judge({ cid: edge.cid, bytes })
    expect([verdict.status, outcome(verdict, 'integrity')]).toEqual(['refuted', 'fail'])
  })

  it('by a source that sends another document counts as no source', async () => {
    const [edge, rust] = [await one(), await one(draft('rust'))]
    const liar: BlockSource = { name: 'liar', get: async () => await blocks.get(rust.cid) }
    expect(await judge(edge, { sources: [liar] })).toMatchObject({ status: 'inconclusive' })
    expect(await judge(edge, { sources: [liar, blocks] })).toMatchObject({ status: 'verified' })
  })

  it('of a record of the one with the bytes of the other is refuted', async () => {
    const edge = await one()
    const other = await pin(complete(draft('edge', { title: 'Other' }), placed()))
    const verdict = await judge({ cid: other })
    expect([verdict.status, outcome(verdict, 'registered')]).toEqual(['refuted', 'fail'])
    expect(verdict.notes).toContain('FORK')
    expect((await judge(edge)).status).toBe('verified')
  })

  it('of entries of an edition vouches for nothing but what is listed', async () => {
    const series = { type: 'edition', slug: 'series', title: 'All', summary: 'All.', published: PUBLISHED } as const
    const { steps } = await publishEdition(ports, series, [draft('listed')], { refs: false, publisher: PUBLISHER })
    settle()
    expect((await judge(steps[0]!.named)).status).toBe('verified')
    const unlisted = await pin(complete(draft('listed', { title: 'Other', edition: 'series' }), placed()))
    expect((await judge({ cid: unlisted })).status).toBe('refuted')
  })

  it('of the slug of one entry with the CID of another lists neither under it', async () => {
    const text = (slug: string): TrendDraft => draft(slug, { edition: 'series' })
    const edge = await pin(complete(text('edge'), placed()))
    const entries = [{ cid: String(edge), slug: 'rust', version: 1 }]
    const edition = await pin(
      completeEdition({ type: 'edition', slug: 'series', title: 'All', summary: 'All.' }, entries, placed())
    )
    const { root } = editionTree([toBytes32(edge)])
    const digest = toBytes32(edition)
    await account.send([
      { verb: 'publish', publisher: ADDRESS, ref: refOf('series'), digest, parent: NONE, tree: root }
    ])
    settle()
    expect((await judge({ cid: edge })).status).toBe('refuted')
  })

  it('of the notice about another document is no notice', async () => {
    const [edge, rust] = [await one(), await one(draft('rust'))]
    await retract(ports, rust, { note: 'Wrong.', reason: 'error' })
    const about = await account.notice(ADDRESS, toBytes32(rust.cid), await account.block('latest'))
    const ref = leafOf(toBytes32(edge.cid))
    await account.send([{ verb: 'point', publisher: ADDRESS, ref, digest: about!, parent: NONE }])
    settle()
    const verdict = await judge(edge)
    expect(verdict).toMatchObject({ status: 'verified', standing: 'current', notice: { document: undefined } })
  })

  it("of a path into another publisher's edition proves nothing", async () => {
    const edge = await pin(complete(draft('edge'), placed()))
    const path = [`0x${'1'.repeat(64)}`] as const
    const { root } = editionTree([toBytes32(edge)])
    const thief = chain.as(STRANGER)
    const record = { verb: 'publish', publisher: STRANGER, ref: NONE, digest: toBytes32(edge), parent: NONE } as const
    await thief.send([{ ...record, tree: root }])
    settle()
    for (const proof of [path, [root], []]) {
      expect((await judge({ cid: edge, hints: { proof } })).status).toBe('refuted')
    }
  })

  it('of a copied CID under the record of a thief is refuted', async () => {
    const edge = await pin(complete(draft('edge'), placed()))
    const theft = {
      verb: 'publish',
      publisher: STRANGER,
      ref: refOf('edge'),
      digest: toBytes32(edge),
      parent: NONE
    } as const
    await chain.as(STRANGER).send([{ ...theft, tree: NONE }])
    settle()
    const verdict = await judge({ cid: edge })
    expect([verdict.status, outcome(verdict, 'authorship')]).toEqual(['refuted', 'fail'])
  })

  it('of a ref with the document of another slug is noted, and names nothing of this one', async () => {
    const rust = await one(draft('rust'))
    const edge = await pin(complete(draft('edge'), placed()))
    const digest = toBytes32(rust.cid)
    await account.send([{ verb: 'point', publisher: ADDRESS, ref: refOf('edge'), digest, parent: NONE }])
    settle()
    const verdict = await judge({ cid: edge }, { policy: { requireRecord: false } })
    expect(verdict).toMatchObject({ status: 'refuted', notes: ['FOREIGN_HEAD'] })
  })

  it('of the lineages of two slugs breaks the lineage, and refutes no record', async () => {
    const rust = await one(draft('rust'))
    const edge = await pin(complete(draft('edge'), placed({ version: 2, previous: String(rust.cid) })))
    const record = { verb: 'publish', publisher: ADDRESS, ref: NONE, digest: toBytes32(edge), parent: NONE } as const
    await account.send([{ ...record, tree: NONE }])
    settle()
    const verdict = await judge({ cid: edge })
    expect([verdict.status, outcome(verdict, 'lineage')]).toEqual(['verified', 'fail'])
  })
})

const evm = await openHardhat()
afterAll(evm.close)

describe('another chain or registry', () => {
  const LOCAL: Chain = 'eip155:31337'
  const reader = (more: { readonly chain?: Chain; readonly address?: typeof ADDRESS } = {}): Registry =>
    rpcRegistry({ chain: LOCAL, address: evm.address, request: evm.request, ...more })
  const local = async (): Promise<TrendCid> =>
    await pin(complete(draft('edge'), placed({ publisher: toPublisher(LOCAL, ADDRESS) })))

  it('behind the node is no answer', async () => {
    const edge = await one()
    const verdict = await judge(edge, { registries: [reader({ chain: CHAIN })] })
    expect([verdict.status, detail(verdict, 'registered')]).toEqual([
      'inconclusive',
      expect.stringContaining('serves eip155:31337, not eip155:424242')
    ])
  })

  it('than the pinned one is not asked', async () => {
    const edge = await one()
    const verdict = await judge(edge, { registries: [reader()] })
    expect([verdict.status, detail(verdict, 'registered')]).toEqual([
      'inconclusive',
      'no registry is known for eip155:424242'
    ])
  })

  it('that has a record at the same address says nothing of this chain', async () => {
    const elsewhere = memoryChain({ chain: 'eip155:1', now: () => clock })
    const edge = await pin(complete(draft('edge'), placed()))
    const record = { verb: 'publish', publisher: ADDRESS, ref: NONE, digest: toBytes32(edge), parent: NONE } as const
    await elsewhere.as(ADDRESS).send([{ ...record, tree: NONE }])
    settle()
    expect(elsewhere.as(ADDRESS).address).toBe(account.address)
    const registries = [elsewhere.as(ADDRESS), account]
    expect((await judge({ cid: edge }, { registries })).status).toBe('refuted')
    expect((await judge({ cid: edge }, { registries: [elsewhere.as(ADDRESS)] })).status).toBe('inconclusive')
  })

  it('at another address with a proxy in front of the true one is none', async () => {
    const code = `0x3d602d80600a3d3981f3363d3d373d3d3d363d73${evm.address.slice(2)}5af43d82803e903d91602b57fd5bf3`
    const sent = await evm.wallets[1]!.sendTransaction({ data: code })
    const { contractAddress } = (await sent.wait())!
    const address = contractAddress!.toLowerCase() as typeof ADDRESS
    const verdict = await judge({ cid: await local() }, { registries: [reader({ address })] })
    expect([verdict.status, detail(verdict, 'registered')]).toEqual([
      'inconclusive',
      expect.stringContaining("has other code than the registry's")
    ])
  })

  it('at an address without code is none', async () => {
    const verdict = await judge({ cid: await local() }, { registries: [reader({ address: STRANGER })] })
    expect([verdict.status, detail(verdict, 'registered')]).toEqual([
      'inconclusive',
      expect.stringContaining('there is no contract at')
    ])
  })
})

describe('a key', () => {
  it('that was compromised is cut off: what it recorded before stands, what came after does not', async () => {
    await setEditor(account, STRANGER, EVER)
    const before = await one(draft('before'), as(STRANGER))
    const cut = (await account.block('latest')).timestamp
    settle()
    const after = await one(draft('after'), as(STRANGER))
    expect((await judge(after)).status).toBe('verified')
    await setEditor(account, STRANGER, BigInt(cut))
    settle()
    expect(await judge(before)).toMatchObject({ status: 'verified', standing: 'current' })
    expect(await judge(after)).toMatchObject({ status: 'refuted', standing: 'retracted', notes: ['DISOWNED'] })
  })

  it('of an editor that is disowned vouches for nothing any more', async () => {
    await setEditor(account, STRANGER, EVER)
    const edge = await one(draft('edge'), as(STRANGER))
    await setEditor(account, STRANGER, 0n)
    settle()
    expect(await judge(edge)).toMatchObject({ status: 'refuted', notes: ['DISOWNED'] })
  })

  it('of an editor whose time is over does not take back what it recorded in time', async () => {
    await setEditor(account, STRANGER, BigInt(clock + 100))
    const edge = await one(draft('edge'), as(STRANGER))
    settle(1_000)
    settle()
    expect((await judge(edge)).status).toBe('verified')
    await expect(one(draft('late'), as(STRANGER))).rejects.toMatchObject({ code: 'REGISTRY_REJECTED' })
  })

  it('of the publisher that is stolen can retract, and that is believed', async () => {
    const edge = await one()
    await account.send([{ verb: 'retract', node: leafOf(toBytes32(edge.cid)) }])
    settle()
    expect(await judge(edge)).toMatchObject({ status: 'refuted', standing: 'retracted' })
    expect(await judge(edge, { policy: { allowRetracted: true } })).toMatchObject({
      status: 'verified',
      loosened: ['standings: retracted']
    })
  })

  it('of a stranger records nothing under this publisher', async () => {
    await expect(one(draft('edge'), as(STRANGER))).rejects.toMatchObject({ code: 'REGISTRY_REJECTED' })
  })
})

describe('missing bytes', () => {
  const without = (...cids: readonly TrendCid[]): BlockSource => ({
    name: 'patchy',
    get: async (cid) =>
      cids.some((one) => one.equals(cid)) ? await Promise.reject(new Error('404')) : await blocks.get(cid)
  })

  it('of the document leave it open', async () => {
    const edge = await one()
    expect((await judge(edge, { sources: [without(edge.cid)] })).status).toBe('inconclusive')
  })

  it('of an earlier version leave the version a claim, and the record what it is', async () => {
    const [first, second] = [await one(), await one(draft('edge', { title: 'Again' }))]
    const verdict = await judge(second, { sources: [without(first.cid)] })
    expect([verdict.status, outcome(verdict, 'lineage')]).toEqual(['verified', 'unknown'])
  })

  it('of the edition that lists it leave it open', async () => {
    const series = { type: 'edition', slug: 'series', title: 'All', summary: 'All.', published: PUBLISHED } as const
    const { steps, edition } = await publishEdition(ports, series, [draft('listed')], {
      refs: false,
      publisher: PUBLISHER
    })
    settle()
    expect((await judge(steps[0]!.named, { sources: [without(edition.named.cid)] })).status).toBe('inconclusive')
  })

  it('of the notice do not hide the retraction', async () => {
    const edge = await one()
    await retract(ports, edge, { note: 'Wrong.', reason: 'error' })
    settle()
    const about = await account.notice(ADDRESS, toBytes32(edge.cid), await account.block('latest'))
    const verdict = await judge(edge, { sources: [without(fromBytes32(about!))] })
    expect(verdict).toMatchObject({ status: 'refuted', standing: 'retracted', notice: { document: undefined } })
  })
})

describe('a wrong digest', () => {
  it('cannot be asked for: a CID of another function, codec or length is refused', async () => {
    const edge = await one()
    const { CID } = await import('multiformats/cid')
    const { create } = await import('multiformats/hashes/digest')
    const bytes = edge.cid.multihash.digest
    for (const [codec, code, digest] of [
      [0x0200, 0x12, bytes.slice(0, 20)],
      [0x55, 0x12, bytes],
      [0x0200, 0x1b, bytes],
      [0x0200, 0x00, bytes]
    ] as const) {
      const text = CID.createV1(codec, create(code, digest)).toString()
      expect(() => parseCid(text)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CID' }))
    }
  })

  it('of one bit is another document, which nobody has', async () => {
    const edge = await one()
    const digest = toBytes32(edge.cid)
    const last = (Number.parseInt(digest.at(-1)!, 16) ^ 1).toString(16)
    const cid = fromBytes32(`${digest.slice(0, -1)}${last}` as typeof digest)
    const honest: BlockSource = { name: 'honest', get: async () => await blocks.get(edge.cid) }
    expect((await judge({ cid }, { sources: [honest] })).status).toBe('inconclusive')
  })
})

describe('a clock', () => {
  it('set forward makes an honest chain look frozen, which is no verdict', async () => {
    const edge = await one()
    expect((await judge(edge, { now: clock + 100_000 })).status).toBe('inconclusive')
  })

  it('set back makes an honest chain come from the future, which is no verdict', async () => {
    const edge = await one()
    const verdict = await judge(edge, { now: clock - 100_000 })
    expect([verdict.status, outcome(verdict, 'freshness')]).toEqual(['inconclusive', 'unknown'])
    expect((await judge(edge, { now: clock - 600 })).status).toBe('verified')
  })

  it('set back or forward once locks nobody out afterwards', async () => {
    const edge = await one()
    for (const now of [clock - 100_000, clock + 100_000]) await judge(edge, { now, policy: { maxAge: null } })
    expect((await judge(edge)).status).toBe('verified')
  })

  it('of a publisher that is ahead of the chain refutes nothing', async () => {
    const early = await pin(complete(draft('edge', { published: '2099-01-01T00:00:00Z' }), placed({ version: 1 })))
    settle()
    const verdict = await judge({ cid: early })
    expect(verdict.status).not.toBe('verified')
  })
})

describe('an odd name', () => {
  const sound = () => complete(draft('edge'), placed()) as unknown as Readonly<Record<string, Json>>
  it.each([
    ['an empty slug', { slug: '' }],
    ['a slug in capitals', { slug: 'Edge' }],
    ['a slug that looks like another', { slug: 'еdge' }],
    ['a slug that walks', { slug: '../edge' }],
    ['a slug that begins with a dash', { slug: '-edge' }],
    ['a slug that is too long', { slug: 'e'.repeat(32) }],
    ['a slug with an end of text in it', { slug: 'edge\u0000' }],
    ['a slug that is a name of JavaScript', { slug: '__proto__' }],
    ['a publisher in capitals', { publisher: PUBLISHER.toUpperCase() }],
    ['a publisher on no EVM chain', { publisher: 'solana:1:abc' }],
    ['a publisher with more behind it', { publisher: `${PUBLISHER}:1` }]
  ])('is none: %s', async (_, change) => {
    const bytes = encode({ ...sound(), ...change })
    const verdict = await judge({ cid: await cidOf(bytes), bytes })
    expect([verdict.status, outcome(verdict, 'schema')]).toEqual(['refuted', 'fail'])
  })
})
