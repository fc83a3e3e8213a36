import { publishEdition } from '../../src/archive/edition.ts'
import type { WritePorts } from '../../src/archive/ports.ts'
import type { ProvePorts } from '../../src/archive/prove.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import { complete } from '../../src/document/draft.ts'
import { type Publisher, toPublisher } from '../../src/document/publisher.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { rpcState } from '../../src/registry/rpc-state.ts'
import type { Evm } from '../registry/evm.ts'
import { draft } from '../world.ts'

/** A publisher and what became of its documents, on a real chain. */
export interface Stories {
  readonly publisher: Publisher
  /** A document a story, all of them at the chain's newest block. */
  readonly cids: Readonly<Record<Story, TrendCid>>
  readonly blocks: ReturnType<typeof memoryBlocks>
  readonly ports: ProvePorts
}

export const STORIES = [
  'alone', // recorded alone and named
  'edition', // listed in an edition, without a record of its own
  'lineage', // an ancestor of what is named, itself never recorded
  'superseded', // recorded, and a later version named
  'retracted', // taken back, with a notice
  'editor', // recorded by an editor
  'disowned', // recorded by an editor who is disowned
  'unnamed', // recorded, and its ref deleted
  'absent' // not recorded alone
] as const

export type Story = (typeof STORIES)[number]

const CHAIN = 'eip155:31337'

/** Lets every story happen. The publisher is one account of the chain, the editor another. */
export async function tell(
  evm: Evm,
  { publisher: by = 0, editor = 1 }: { readonly publisher?: number; readonly editor?: number } = {}
): Promise<Stories> {
  const blocks = memoryBlocks()
  const portsOf = async (wallet: number): Promise<WritePorts> => ({
    sources: [blocks],
    sinks: [blocks],
    registry: await ethersRegistry({ chain: CHAIN, address: evm.address, signer: evm.wallets[wallet]! }),
    pending: memoryPending()
  })
  const [own, edits] = [await portsOf(by), await portsOf(editor)]
  const publisher = toPublisher(CHAIN, own.registry.account)
  const one = async (slug: string, more: Parameters<typeof draft>[1] = {}) => {
    const { steps } = await publish(own, [draft(slug, more)])
    return steps[0]!.named
  }
  const alone = await one('alone')
  const listed = [draft('listed'), draft('listed-too'), draft('listed-also')]
  const { steps } = await publishEdition(own, { type: 'edition', title: 'Radar', slug: 'radar' }, listed, {
    refs: false
  })
  const first = await toBlock(complete(draft('line'), placed(publisher, 1)))
  const second = await toBlock(
    complete(draft('line', { body: 'More.' }), { ...placed(publisher, 2), previous: String(first.cid) })
  )
  await blocks.pin([first, second])
  await own.registry.send([
    {
      verb: 'publish',
      publisher: own.registry.account,
      ref: refOf('line'),
      digest: hexOf(second.cid),
      parent: NONE,
      tree: NONE
    }
  ])
  const superseded = await one('superseded')
  await one('superseded', { body: 'Newer.' })
  const retracted = await one('retracted')
  await retract(own, retracted, { reason: 'error', note: 'A figure was wrong.' })
  await own.registry.send([{ verb: 'setEditor', editor: edits.registry.account, until: 2n ** 40n }])
  const edited = await publish(edits, [draft('edited')], { publisher })
  const fired = await portsOf(editor + 1)
  await own.registry.send([{ verb: 'setEditor', editor: fired.registry.account, until: 2n ** 40n }])
  const disowned = await publish(fired, [draft('disowned')], { publisher })
  await own.registry.send([{ verb: 'setEditor', editor: fired.registry.account, until: 0n }])
  const unnamed = await one('unnamed')
  await own.registry.send([
    { verb: 'point', publisher: own.registry.account, ref: refOf('unnamed'), digest: NONE, parent: hexOf(unnamed.cid) }
  ])
  const absent = await toBlock(complete(draft('absent'), placed(publisher, 1)))
  await blocks.pin([absent])
  const state = rpcState({ chain: CHAIN, request: evm.request })
  const reader = rpcRegistry({ chain: CHAIN, address: evm.address, request: evm.request })
  return {
    publisher,
    blocks,
    cids: {
      alone: alone.cid,
      edition: steps[0]!.named.cid,
      lineage: first.cid,
      superseded: superseded.cid,
      retracted: retracted.cid,
      editor: edited.steps[0]!.named.cid,
      disowned: disowned.steps[0]!.named.cid,
      unnamed: unnamed.cid,
      absent: absent.cid
    },
    ports: { sources: [blocks], chains: [{ chain: CHAIN, address: evm.address, state, blocks: reader }] }
  }
}

const placed = (publisher: Publisher, version: number) => ({ publisher, version, published: '2025-06-01T09:00:00Z' })

const hexOf = (cid: TrendCid): `0x${string}` => `0x${Buffer.from(cid.multihash.digest).toString('hex')}`
