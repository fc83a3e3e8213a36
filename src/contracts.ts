/** The registry contract for whoever talks to it without this library. The Solidity is in `trend-archive/contracts/`. */
export { selectors, slots, topics, trendRegistryAbi } from './registry/abi.ts'
export { ADDRESS, CODE_DIGEST, creationCode, PROXY, SALT } from './registry/bytecode.ts'
export { type Deployment, deployments } from './registry/deployments.ts'
