import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { givenBlock } from '../../src/registry/given-block.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { quorumRegistry } from '../../src/registry/quorum.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { rpcState } from '../../src/registry/rpc-state.ts'
import { stateRegistry } from '../../src/registry/state-registry.ts'
import { CHAIN } from './story.ts'

/** Where a registry is read, and the block that the reader of the proofs vouches for. */
export interface Place {
  readonly address: Address
  readonly blockHash: Bytes32
}

/** A way to read the chain over nodes of which the first lies; the registry is made anew for every verdict. */
export interface Mode {
  readonly name: 'quorum' | 'state proof' | 'single'
  readonly nodes: number
  /** Whether no lie may ever be believed; where it may, the verdict has to name who told it. */
  readonly isSafe: boolean
  readonly open: (urls: readonly string[], place: Place) => Registry
}

const single = (url: string, { address }: Place): Registry =>
  rpcRegistry({ chain: CHAIN, address, request: httpRequest(url) })

export const MODES: readonly Mode[] = [
  {
    name: 'quorum',
    nodes: 3,
    isSafe: true,
    open: (urls, place) =>
      quorumRegistry(
        urls.map((url) => single(url, place)),
        { agree: 2 }
      )
  },
  {
    name: 'state proof',
    nodes: 1,
    isSafe: true,
    open: ([url], { address, blockHash }) => {
      const state = rpcState({ chain: CHAIN, request: httpRequest(url!) })
      return stateRegistry({ chain: CHAIN, address, state, blocks: givenBlock({ hash: blockHash, state, address }) })
    }
  },
  { name: 'single', nodes: 1, isSafe: false, open: ([url], place) => single(url!, place) }
]
