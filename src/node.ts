/**
 * Everything for Node: the library, the store on disk, Helia and wallets. `memoryChain` is a registry without a chain,
 * with the contract's exact rules, for tests of what is built on this.
 */
export { parseMarkdown } from './document/markdown.ts'
export * from './ethers.ts'
export * from './helia.ts'
export * from './index.ts'
export { type MemoryAccount, type MemoryChain, type MemoryChainOptions, memoryChain } from './registry/memory.ts'
