import { publishEdition } from '../../src/archive/edition.ts'
import type { WritePorts } from '../../src/archive/ports.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import { toBlock } from '../../src/block/block.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import type { Json } from '../../src/document/canonical.ts'
import type { TrendDraft } from '../../src/document/document.ts'
import { complete } from '../../src/document/draft.ts'
import { type Address, parseAddress, toPublisher } from '../../src/document/publisher.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import type { Registry, RegistryWriter } from '../../src/registry/registry.ts'
import type { Evm } from '../../test/registry/evm.ts'

export const CHAIN = 'eip155:31337'
const PUBLISHED = '2025-06-01T09:00:00Z'

/** One document of every kind of honest verdict, on a chain where nothing happens any more. */
export interface Story {
  readonly subjects: readonly { readonly name: string; readonly cid: TrendCid }[]
  readonly blocks: ReturnType<typeof memoryBlocks>
  readonly publisher: Address
  readonly stranger: Address
  /** The heights at which something changed, the newest last. */
  readonly heights: readonly bigint[]
}

const draft = (slug: string, title = `About ${slug}`): TrendDraft => ({
  title,
  slug,
  body: `What there is to say about ${slug}.`,
  published: PUBLISHED
})

export async function tell(evm: Evm): Promise<Story> {
  const [account, editor] = (await Promise.all(
    evm.wallets.slice(0, 2).map((signer) => ethersRegistry({ chain: CHAIN, address: evm.address, signer }))
  )) as [Registry & RegistryWriter, Registry & RegistryWriter]
  const stranger = parseAddress(evm.wallets[2]!.address)
  const blocks = memoryBlocks()
  const ports: WritePorts = { sources: [blocks], sinks: [blocks], registry: account, pending: memoryPending() }
  const heights: bigint[] = []
  const publisher = toPublisher(CHAIN, account.account)
  const one = async (text: TrendDraft, by = ports): Promise<TrendCid> => {
    const { steps } = await publish(by, [text], { publisher })
    heights.push((await account.block('latest')).number)
    return steps[0]!.named.cid
  }
  const current = await one(draft('current'))
  const superseded = await one(draft('superseded'))
  await one(draft('superseded', 'Again'))
  const taken = (await publish(ports, [draft('retracted')])).steps[0]!.named
  await retract(ports, taken)
  const { steps } = await publishEdition(
    ports,
    { type: 'edition', slug: 'series', title: 'All of it', summary: 'All of it.', published: PUBLISHED },
    [draft('listed'), draft('listed-too')],
    { refs: false }
  )
  await account.send([{ verb: 'setEditor', editor: editor.account, until: 2n ** 40n - 1n }])
  const disowned = await one(draft('disowned'), { ...ports, registry: editor, pending: memoryPending() })
  await account.send([{ verb: 'setEditor', editor: editor.account, until: 0n }])
  const place = { publisher, version: 1, published: PUBLISHED } as const
  const never = await toBlock(complete(draft('never'), place) as unknown as Json)
  await blocks.pin([never])
  await evm.mine()
  return {
    subjects: [
      { name: 'current', cid: current },
      { name: 'superseded', cid: superseded },
      { name: 'retracted', cid: taken.cid },
      { name: 'through an edition', cid: steps[0]!.named.cid },
      { name: 'not recorded', cid: never.cid },
      { name: 'disowned', cid: disowned }
    ],
    blocks,
    publisher: account.account,
    stranger,
    heights
  }
}
