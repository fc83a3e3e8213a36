import { keccak256, type Signer, Transaction } from 'ethers'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, parseAddress } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import { checkAccount } from './account.ts'
import { ADDRESS, CODE_DIGEST, creationCode, PROXY, SALT } from './bytecode.ts'
import { requestOf } from './ethers.ts'
import type { Request } from './rpc.ts'
import { mined, type WaitOptions, withoutPayload } from './transaction.ts'

export interface Deployed {
  readonly address: Address
  /** False where the registry was there already. */
  readonly deployed: boolean
  readonly transaction?: Bytes32 | undefined
  /** The block that brought it, or where it was there already the newest one. */
  readonly block: bigint
}

/**
 * The transaction that deploys the proxy. Nobody has the key: its signature is made up, and the sender is whoever that
 * happens to be the signature of. It names no chain, so it is good on every one.
 */
const PROXY_DEPLOYMENT = Transaction.from(
  '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffff' +
    'ffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba0222222222222222222' +
    '2222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222'
)

/**
 * Puts the registry at the address it has on every chain. Done again it finds it there and does nothing.
 * @throws REGISTRY_UNAVAILABLE when the node does not answer, or other code is at the address
 * @throws NO_ACCOUNT when the account is a dev chain's and the chain is another
 */
export async function deployRegistry(signer: Signer, options: WaitOptions = {}): Promise<Deployed> {
  const node = requestOf(signer)
  const request: Request = async (call, abort) =>
    await node(call, abort).catch((cause: unknown) => {
      abort?.signal?.throwIfAborted()
      throw unavailable('no answer', withoutPayload(cause).message, cause)
    })
  const chainId = BigInt(String(await request({ method: 'eth_chainId', params: [] }, options)))
  checkAccount(parseAddress(await signer.getAddress()), `eip155:${chainId}`)

  if (await isThere(request, options)) {
    const block = BigInt(String(await request({ method: 'eth_blockNumber', params: [] }, options)))
    return { address: ADDRESS, deployed: false, block }
  }
  if ((await codeAt(request, PROXY, options)) === '0x') await deployProxy(signer, request, options)
  const data = `${SALT}${creationCode.slice(2)}`
  const { transaction, block } = await send(signer, request, { to: PROXY, data }, options)
  if (!(await isThere(request, options))) throw unavailable('no code', `${transaction} put nothing at ${ADDRESS}`)
  return { address: ADDRESS, deployed: true, transaction, block: block.number }
}

async function isThere(request: Request, options: WaitOptions): Promise<boolean> {
  const code = await codeAt(request, ADDRESS, options)
  if (code === '0x') return false
  if (keccak256(code) !== CODE_DIGEST) throw unavailable('malformed answer', `other code than the registry's is there`)
  return true
}

async function codeAt(request: Request, address: string, options: WaitOptions): Promise<string> {
  return String(await request({ method: 'eth_getCode', params: [address, 'latest'] }, options))
}

async function deployProxy(signer: Signer, request: Request, options: WaitOptions): Promise<void> {
  const { from: sender, gasLimit, gasPrice, serialized } = PROXY_DEPLOYMENT
  if (sender === null) throw new Error('the transaction of the proxy is signed')
  const cost = gasLimit * (gasPrice ?? 0n)
  const balance = BigInt(String(await request({ method: 'eth_getBalance', params: [sender, 'latest'] }, options)))
  if (balance < cost) await send(signer, request, { to: sender, value: cost - balance }, options)
  const hash = await request({ method: 'eth_sendRawTransaction', params: [serialized] }, options)
  const { succeeded } = await mined(request, hash as Bytes32, options)
  if (!succeeded) throw unavailable('no code', `the chain does not take the proxy at ${PROXY}`)
}

async function send(
  signer: Signer,
  request: Request,
  transaction: { readonly to: string; readonly data?: string; readonly value?: bigint },
  options: WaitOptions
): ReturnType<typeof mined> {
  options.signal?.throwIfAborted()
  let hash: string
  try {
    hash = (await signer.sendTransaction(transaction)).hash
  } catch (cause) {
    throw unavailable('no answer', withoutPayload(cause).message, cause)
  }
  const outcome = await mined(request, hash as Bytes32, options)
  if (!outcome.succeeded) throw unavailable('no code', `${hash} failed`)
  return outcome
}

function unavailable(reason: UnavailableReason, message: string, cause?: unknown): ArchiveError {
  const options = cause === undefined ? {} : { cause: withoutPayload(cause) }
  const details = { registry: ADDRESS, reason }
  return new ArchiveError('REGISTRY_UNAVAILABLE', `deploying the registry: ${message}`, details, options)
}
