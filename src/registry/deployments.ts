import type { Bytes32 } from '../block/cid.ts'
import type { Address, Chain } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import { ADDRESS } from './bytecode.ts'
import type { BlockTag } from './registry.ts'

/** Where the registry of a chain is, and how far to trust what it says there. */
export interface Deployment {
  readonly name: string
  readonly address: Address
  /** The newest block that a verdict rests on by default. */
  readonly tag: BlockTag
  /** Whether nothing of value is at stake on this chain. */
  readonly test: boolean
  /** No record is older. */
  readonly firstBlock: bigint
  /** What brought the registry. A dev chain begins anew with everybody who starts one, and has none of its own. */
  readonly transaction?: Bytes32 | undefined
  /** Pages that show the sources and that they are those of the code. */
  readonly verification?: readonly string[] | undefined
}

/** The address book: one registry a chain. `deployments.json` of the package is made from it. */
export const deployments: Readonly<Record<Chain, Deployment>> = {
  'eip155:31337': { name: 'local dev chain', address: ADDRESS, tag: 'latest', test: true, firstBlock: 0n }
}

/** The newest block that a verdict rests on: what the address book says, and final where it does not know the chain. */
export const tagOf = (chain: Chain): BlockTag => deployments[chain]?.tag ?? 'finalized'

/**
 * Where the registry is on a chain: at its one address, whether or not the address book knows the chain. Reading finds out
 * whether it is there, by its code.
 */
export const addressOn = (chain: Chain): Address => deployments[chain]?.address ?? ADDRESS

/** The deployment on a chain. @throws NOT_FOUND where the address book has none */
export function deploymentOf(chain: Chain): Deployment {
  const deployment = deployments[chain]
  if (deployment !== undefined) return deployment
  const hint = `known are ${Object.keys(deployments).join(', ')}`
  throw new ArchiveError('NOT_FOUND', `no registry is known on ${chain}`, { name: chain }, { hint })
}
