import { type Archive, createArchive } from '../../src/archive/archive.ts'
import { createDelegation, type Delegation } from '../../src/archive/delegation.ts'
import type { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import { type Chain, type Publisher, toPublisher } from '../../src/document/publisher.ts'
import { jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import type { Registry, RegistryWriter } from '../../src/registry/registry.ts'
import { signPublish } from '../../src/registry/signature.ts'
import type { ReorgChain } from './chain.ts'

/** An account, and an archive that it publishes with. */
export interface Author {
  readonly publisher: Publisher
  readonly archive: Archive & Delegation
  readonly registry: Registry & RegistryWriter
}

export const CHAIN: Chain = 'eip155:31337'
/** Milliseconds after which a transaction that is not mined is sent again for more, and until it counts as lost. */
const LIMITS = { patience: 400, timeout: 10_000 }

export async function openAuthor(
  chain: ReorgChain,
  blocks: ReturnType<typeof memoryBlocks>,
  key: string
): Promise<Author> {
  const provider = Object.assign(jsonRpcProvider(chain.url, CHAIN), { request: chain.request })
  const signer = walletFromKey(key, provider)
  const registry = await ethersRegistry({ chain: CHAIN, address: chain.registry, signer, ...LIMITS })
  const ports = {
    sources: [blocks],
    sinks: [blocks],
    registry,
    pending: memoryPending(),
    signMessage: async (message: Parameters<typeof signPublish>[2]) => await signPublish(signer, registry, message)
  }
  const archive = { ...createArchive(ports), ...createDelegation(ports) }
  return { publisher: toPublisher(CHAIN, registry.account), archive, registry }
}
