/**
 * The light door: verify a document from its CID in a page, a worker or a script. It needs `fetch` and `crypto.subtle`.
 *
 * @example
 * const verdict = await verify(
 *   {
 *     sources: [gateway('https://trustless-gateway.link')],
 *     registries: [rpcRegistry({ chain, address: deploymentOf(chain).address, request: httpRequest(rpcUrl) })]
 *   },
 *   { cid: parseCid('bagaaiera…') }
 * )
 */
export { type Bytes32, fromBytes32, parseCid, type TrendCid, toBytes32 } from './block/cid.ts'
export { type GatewayOptions, gateway } from './block/gateway.ts'
export type { BlockSource } from './block/source.ts'
export type { Edition, Notice, Trend, TrendDocument } from './document/document.ts'
export { type Address, type Chain, type Publisher, parsePublisher } from './document/publisher.ts'
export { ArchiveError, type ErrorCode, type ErrorDetails, isArchiveError } from './errors.ts'
export type { Accounts } from './registry/accounts.ts'
export { rpcAccounts } from './registry/deferred-accounts.ts'
export { rpcRegistry } from './registry/deferred-rpc.ts'
export { type Deployment, deploymentOf, deployments } from './registry/deployments.ts'
export { type HttpRequestOptions, httpRequest } from './registry/http.ts'
export type { BlockTag, ChainBlock, Finality, Registry, RegistryRecord } from './registry/registry.ts'
export type { Request } from './registry/request.ts'
export type { RpcRegistryOptions } from './registry/rpc.ts'
export type { RpcAccountsOptions } from './registry/rpc-accounts.ts'
export type { Check, CheckName, Outcome } from './verdict/check.ts'
export { verify, verifyAll } from './verdict/deferred.ts'
export type { Disagreement, Note, NoticeFound, SignatureFound } from './verdict/evidence.ts'
export type { Hints } from './verdict/hints.ts'
export type { JudgedChain, Recording, Verdict } from './verdict/judge.ts'
export type { Mark, Memory, Recalled, Violation } from './verdict/memory.ts'
export { type Policy, parsePolicy, type Standing, type Tier } from './verdict/policy.ts'
export type { Statement } from './verdict/statement.ts'
export type { LookBeside, Subject, VerifyOptions, VerifyPorts } from './verdict/verify.ts'
export type { OneOfMany, VerifyAdvance, VerifyAllOptions } from './verdict/verify-all.ts'
export { memoryWatermarks, type Watermarks } from './verdict/watermarks.ts'
