/** `npm run deploy -- --rpc-url URL`: deploys the registry, with the key in PRIVATE_KEY, and prints where it is. */
import { parseArgs } from 'node:util'
import { isArchiveError } from '../src/errors.ts'
import { jsonRpcProvider, walletFromKey } from '../src/registry/account.ts'
import { deployRegistry } from '../src/registry/deploy.ts'
import { httpRequest } from '../src/registry/http.ts'

const { values } = parseArgs({ options: { 'rpc-url': { type: 'string' } } })
const url = values['rpc-url'] ?? process.env.RPC_URL ?? 'http://127.0.0.1:8545'
try {
  const chainId = BigInt(String(await httpRequest(url)({ method: 'eth_chainId', params: [] })))
  const provider = jsonRpcProvider(url, `eip155:${chainId}`)
  const { address, deployed, transaction, block } = await deployRegistry(
    walletFromKey(process.env.PRIVATE_KEY ?? '', provider)
  )
  console.log(JSON.stringify({ chain: `eip155:${chainId}`, address, deployed, transaction, block: String(block) }))
} catch (error) {
  if (!(error instanceof Error)) throw error
  console.error(error.message)
  process.exitCode = isArchiveError(error, 'NO_ACCOUNT') ? 4 : 6
}
