/**
 * The door for proofs: judge a document from a file, as of one block, without asking anybody; or from the state of the
 * chain, whoever delivers it. In a page, a worker or a script. It needs `crypto.subtle`, and no network.
 *
 * @example
 * const bytes = new Uint8Array(await file.arrayBuffer())
 * const verdict = await verifyBundle(bytes, { blockHash: '0x5c50…', policy: { publishers: ['eip155:1:0xab16…'] } })
 *
 * // Later, with a network: is that block one of the chain's, and final?
 * const request = httpRequest(rpcUrl)
 * const blocks = [rpcRegistry({ chain, address: addressOn(chain), request })]
 * await verifyBundle(bytes, { blocks, policy: { finality: 'final' } })
 */
export { type Bytes32, parseCid, type TrendCid } from './block/cid.ts'
export type { TrendDocument } from './document/document.ts'
export { type Address, type Chain, type Publisher, parsePublisher } from './document/publisher.ts'
export { ArchiveError, type ErrorCode, type ErrorDetails, isArchiveError } from './errors.ts'
export { rpcRegistry } from './registry/deferred-rpc.ts'
export { rpcState } from './registry/deferred-state.ts'
export { addressOn } from './registry/deployments.ts'
export { type BlockChooser, type GivenBlockOptions, givenBlock } from './registry/given-block.ts'
export { type HttpRequestOptions, httpRequest } from './registry/http.ts'
export type { ChainBlock, Finality, Registry } from './registry/registry.ts'
export type { Request } from './registry/request.ts'
export type { RpcRegistryOptions } from './registry/rpc.ts'
export type { RpcStateOptions } from './registry/rpc-state.ts'
export type { StateReader } from './registry/state.ts'
export { type StateRegistryOptions, stateRegistry } from './registry/state-registry.ts'
export type { Bundle, Shelf } from './verdict/bundle.ts'
export { looksLikeBundle, MAX_BUNDLE_SIZE } from './verdict/bundle-mark.ts'
export type { Check, CheckName, Outcome } from './verdict/check.ts'
export { readBundle, verifyBundle } from './verdict/deferred-bundle.ts'
export type { Verdict } from './verdict/judge.ts'
export type { Policy, Standing } from './verdict/policy.ts'
export type { BlockTeller, VerifyBundleOptions } from './verdict/verify-bundle.ts'
