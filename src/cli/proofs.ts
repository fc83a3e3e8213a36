import type { Bytes32 } from '../block/cid.ts'
import type { Registry } from '../registry/registry.ts'
import type { Request } from '../registry/request.ts'
import { UsageError } from './usage.ts'

/**
 * The same registries by proofs of their chains' state, which `request` delivers. Which block is judged is given by its
 * hash, else told by those registries where more than that one node is behind them, else by the node.
 */
export async function provenRegistries(
  registries: readonly Registry[],
  request: Request,
  blockHash: Bytes32 | undefined
): Promise<readonly Registry[]> {
  const [{ stateRegistry }, { rpcState }, { givenBlock }] = await Promise.all([
    import('../registry/state-registry.ts'),
    import('../registry/rpc-state.ts'),
    import('../registry/given-block.ts')
  ])
  return registries.map((registry) => {
    const { chain, address, mode = 'rpc' } = registry
    const state = rpcState({ chain, request })
    const others = mode === 'rpc' ? undefined : registry
    const blocks = blockHash === undefined ? others : givenBlock({ hash: blockHash, state, address })
    return stateRegistry({ chain, address, state, blocks })
  })
}

/** The hash of a block that was typed. @throws UsageError */
export function typedBlockHash(text: string): Bytes32 {
  if (/^0x[0-9a-f]{64}$/i.test(text)) return text.toLowerCase() as Bytes32
  throw new UsageError(
    `'${text}' is no hash of a block`,
    'it is 0x and 64 hex digits, as an explorer of the chain shows it'
  )
}
