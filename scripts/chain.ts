/**
 * `npm run chain`: the local chain that `npm start` publishes to, with all that was published, until Ctrl-C. With it
 * running in one terminal, every `trend-archive` command works in another.
 */
import { parseArgs } from 'node:util'
import { startDevChain } from './dev-chain.ts'

const HOME = process.env.TREND_ARCHIVE_HOME ?? '.trend-archive'

const { values } = parseArgs({ options: { port: { type: 'string', default: '8545' } } })
const chain = await startDevChain({ stateFile: `${HOME}/chain.json`, port: Number(values.port) }).catch(
  (error: Error) => {
    console.error(`error: ${error.message}`)
    process.exit(1)
  }
)
console.log(`eip155:31337, ${chain.kind} at ${chain.url}; Ctrl-C ends it`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void chain.stop())
