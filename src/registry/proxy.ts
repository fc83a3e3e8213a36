import { Transaction } from 'ethers'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, parseAddress } from '../document/publisher.ts'
import type { ArchiveError } from '../errors.ts'
import { type Ask, codeAt, toNumber, unavailable } from './ask.ts'
import { PROXY } from './bytecode.ts'
import { isQuantity } from './quantity.ts'
import { rejected } from './rejection.ts'
import type { Request } from './request.ts'

/** What is to be sent for the proxy that brings the registry. */
export type ProxyStep =
  /** Pays for the proxy's deployment, whose sender nobody has the key of. */
  | { readonly step: 'fund'; readonly to: Address; readonly value: bigint }
  /** Broadcasts the signed transaction that brings the proxy. */
  | { readonly step: 'proxy'; readonly signed: string; readonly transaction: Bytes32 }

/**
 * The transaction that deploys the proxy. Nobody has the key: its signature is made up, and the sender is whoever that
 * happens to be the signature of. It names no chain, so it is good on every one.
 */
const PROXY_DEPLOYMENT = Transaction.from(
  '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffff' +
    'ffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba0222222222222222222' +
    '2222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222'
)
/** The proxy's own code: what its deployment has after 14 bytes that only return it. */
const PROXY_CODE = `0x${PROXY_DEPLOYMENT.data.slice(2 + 28)}`
/**
 * The proxy's transaction pays 100 gwei wherever it is sent. On a quiet chain that would look like what others pay, so the
 * block that has it tells nothing of that.
 */
export function undistorted(request: Request): Request {
  const fieldOf = (value: unknown, field: string): unknown => Object(value)[field]
  return async (call, options) => {
    const answer = await request(call, options)
    if (call.method !== 'eth_feeHistory') return answer
    const receipt = await request({ method: 'eth_getTransactionReceipt', params: [PROXY_DEPLOYMENT.hash] }, options)
    const [block, oldest] = [fieldOf(receipt, 'blockNumber'), fieldOf(answer, 'oldestBlock')]
    const used = fieldOf(answer, 'gasUsedRatio')
    if (!isQuantity(block) || !isQuantity(oldest) || !Array.isArray(used)) return answer
    const at = Number(BigInt(block) - BigInt(oldest))
    return { ...Object(answer), gasUsedRatio: used.map((ratio: unknown, i) => (i === at ? 0 : ratio)) }
  }
}

/** Sending it again is no fault where it is known or mined already. */
export async function broadcastProxy(ask: Ask): Promise<Bytes32> {
  const hash = PROXY_DEPLOYMENT.hash as Bytes32
  try {
    await ask('eth_sendRawTransaction', PROXY_DEPLOYMENT.serialized)
  } catch (error) {
    if (isAboutChainId(error)) throw needsAnotherNode(error)
    if ((await ask('eth_getTransactionByHash', hash)) === null) throw error
  }
  return hash
}

/** How geth and its descendants, Besu and others word that a transaction must name its chain. */
const CHAIN_ID_WANTED = /replay.?protect|eip-?155|unprotected|chain ?id is required/i

/** Whether a node refused the proxy's transaction for what it is. */
export const isAboutChainId = (error: unknown): boolean => error instanceof Error && CHAIN_ID_WANTED.test(error.message)

function needsAnotherNode(cause: unknown): ArchiveError {
  const message =
    'the node takes only transactions that name their chain (EIP-155), and the one of the proxy names none'
  const way = 'send it through a node that takes it (geth: --rpc.allow-unprotected-txs), then deploy again'
  return unavailable('no answer', message, cause, `${way}: ${PROXY_DEPLOYMENT.serialized}`)
}

/** What is missing of the proxy. */
export async function proxyStepsOf(ask: Ask): Promise<readonly ProxyStep[]> {
  if (await isProxyThere(ask)) return []
  const { from, gasLimit, gasPrice, serialized, hash } = PROXY_DEPLOYMENT
  const to = parseAddress(from ?? '')
  const [balance, head] = await Promise.all([
    ask('eth_getBalance', to, 'latest').then(toNumber),
    ask('eth_getBlockByNumber', 'latest', false)
  ])
  const { baseFeePerGas = '0x0' } = Object(head) as { readonly baseFeePerGas?: unknown }
  const [offered, asked] = [gasPrice ?? 0n, toNumber(baseFeePerGas)]
  if (asked > offered) throw rejected('Underpriced', { offered: String(offered), asked: String(asked) })
  const value = gasLimit * offered - balance
  const proxy = { step: 'proxy', signed: serialized, transaction: hash as Bytes32 } as const
  return value > 0n ? [{ step: 'fund', to, value }, proxy] : [proxy]
}

/** @throws REGISTRY_UNAVAILABLE when there is other code */
export async function isProxyThere(ask: Ask): Promise<boolean> {
  const code = await codeAt(ask, PROXY, 'latest')
  if (code !== '0x' && code !== PROXY_CODE)
    throw unavailable('other code', `other code than the proxy's is at ${PROXY}`)
  return code !== '0x'
}
