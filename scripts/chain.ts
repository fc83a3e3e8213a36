/**
 * `npm run chain`: the local chain that `npm start` publishes to, with all that was published, until Ctrl-C. With it
 * running in one terminal, every `trend-archive` command works in another.
 */
import { startDevChain } from './dev-chain.ts'

const chain = await startDevChain({ stateFile: '.trend-archive/chain.json', port: 8545 })
console.log(`eip155:31337, ${chain.kind} at ${chain.url}; Ctrl-C ends it`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void chain.stop())
