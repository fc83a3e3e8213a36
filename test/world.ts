import type { WritePorts } from '../src/archive/ports.ts'
import { memoryBlocks } from '../src/block/memory.ts'
import { memoryPending } from '../src/block/pending.ts'
import type { TrendDraft } from '../src/document/document.ts'
import type { Address, Publisher } from '../src/document/publisher.ts'
import { type MemoryChain, type MemoryChainOptions, memoryChain } from '../src/registry/memory.ts'
import type { Receipt, Registry, RegistryWriter } from '../src/registry/registry.ts'
import type { VerifyPorts } from '../src/verdict/verify.ts'

export const PUBLISHER: Publisher = 'eip155:31337:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
export const ADDRESS: Address = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
export const STRANGER: Address = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
/** Noon of a day after everything the tests publish. */
export const NOW = Date.parse('2026-01-01T12:00:00Z') / 1000

export interface World {
  readonly chain: MemoryChain
  readonly blocks: ReturnType<typeof memoryBlocks>
  readonly account: Registry & RegistryWriter
  readonly ports: WritePorts
  readonly reading: VerifyPorts
  /** The ports of another account on the same chain, with the same blocks. */
  readonly as: (address: Address) => WritePorts
}

/** An archive without a disk and without a network: the twin of the registry, and blocks in memory. */
export function world(options: Pick<MemoryChainOptions, 'lag' | 'now' | 'isSignedBy'> = {}): World {
  const chain = memoryChain({ now: () => NOW, ...options })
  const blocks = memoryBlocks()
  const as = (address: Address): WritePorts => ({
    sources: [blocks],
    sinks: [blocks],
    registry: chain.as(address),
    pending: memoryPending()
  })
  const account = chain.as(ADDRESS)
  const ports = { ...as(ADDRESS), registry: account }
  return { chain, blocks, account, ports, as, reading: { sources: [blocks], registries: [account] } }
}

/** Lets an editor publish for an account until a second, or ends or disowns it. */
export const setEditor = async (account: RegistryWriter, editor: Address, until: bigint): Promise<Receipt> =>
  await account.send([{ verb: 'setEditor', editor, until }])

/** A draft with everything a reader asks for and nothing else. */
export const draft = (
  slug: string,
  more: { readonly [Field in keyof TrendDraft]?: TrendDraft[Field] | undefined } = {}
): TrendDraft => {
  const { title = `About ${slug}`, ...rest } = more
  return { title, slug, body: `What there is to say about ${slug}.`, published: '2025-06-01T09:00:00Z', ...rest }
}
