import { Interface, isError, JsonRpcApiProvider, type Signer } from 'ethers'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, type Chain, parseAddress } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { trendRegistryAbi } from './abi.ts'
import { checkAccount } from './account.ts'
import type { Registry, RegistryCall, RegistryWriter } from './registry.ts'
import { rejected } from './rejection.ts'
import { type Request, rpcRegistry } from './rpc.ts'
import { mined, revertDataOf, withoutPayload } from './transaction.ts'

export interface EthersRegistryOptions {
  readonly chain: Chain
  readonly address: Address
  /** Who sends, connected to a node: a `Wallet` with a provider, or the signer of a browser's wallet. */
  readonly signer: Signer
  /** @default what the provider says of itself, as that of `jsonRpcProvider` does; else `rpc` */
  readonly trust?: string | undefined
  /** Milliseconds until a transaction that is not mined counts as lost. @default 180_000 */
  readonly timeout?: number | undefined
}

interface Transaction {
  readonly from: Address
  readonly to: Address
  readonly data: string
}

/** What a transaction may ask for at most on chains with EIP-7825: some 600 refs at once. */
const MOST_GAS = 16_777_216n

/** How often another process of this account may get ahead before a send gives up. */
const NONCE_RETRIES = 3

const contract = new Interface(trendRegistryAbi)

/**
 * The registry with an account that writes. A call is tried out before it is sent, so a refusal costs nothing; several
 * calls go as one `multicall`. Sends of one registry object queue up, each with the next nonce.
 * @throws INVALID_OPTION when the signer has no connection to a node
 * @throws NO_ACCOUNT when the account is a dev chain's and the chain is another
 */
export async function ethersRegistry({
  chain,
  address,
  signer,
  trust,
  timeout
}: EthersRegistryOptions): Promise<Registry & RegistryWriter> {
  const request = requestOf(signer)
  const account = parseAddress(await signer.getAddress())
  checkAccount(account, chain)
  const reads = rpcRegistry({ chain, address, request, trust })
  const takeTurn = turns()
  let nextNonce = 0
  let inFlight = 0
  let isThere = false

  const unavailable = (cause: unknown): ArchiveError =>
    new ArchiveError(
      'REGISTRY_UNAVAILABLE',
      `${reads.trust}: ${withoutPayload(cause).message}`,
      { registry: address, reason: 'no answer' },
      { cause: withoutPayload(cause) }
    )

  const failed = (error: unknown, { signal }: Abortable, transaction?: Bytes32): unknown => {
    if (signal?.aborted) return signal.reason
    if (isDeclined(error)) return declined(account)
    return refusalOf(error, transaction) ?? unavailable(error)
  }

  /** A transaction to an account without code succeeds and does nothing, so that is looked at first. */
  const checkThere = async (options: Abortable): Promise<void> => {
    if (isThere) return
    await reads.editorUntil(account, account, await reads.block('latest', options), options)
    isThere = true
  }

  const tryOut = async (transaction: Transaction, options: Abortable): Promise<bigint> => {
    try {
      return BigInt(String(await request({ method: 'eth_estimateGas', params: [transaction] }, options)))
    } catch (error) {
      throw failed(error, options)
    }
  }

  const prepare = async (
    calls: readonly RegistryCall[],
    options: Abortable
  ): Promise<{ readonly transaction: Transaction; readonly gas: bigint }> => {
    const transaction = { from: account, to: address, data: encode(calls) }
    await checkThere(options)
    return { transaction, gas: await tryOut(transaction, options) }
  }

  const broadcast = async (
    transaction: Transaction,
    gas: bigint,
    { signal }: Abortable,
    retries = NONCE_RETRIES
  ): Promise<Bytes32> => {
    signal?.throwIfAborted()
    const { to, data } = transaction
    try {
      // A node behind a balancer may not have heard yet of a transaction that is under way.
      const nonce = Math.max(await signer.getNonce('pending'), inFlight === 0 ? 0 : nextNonce)
      // What a ref costs depends on what it names, so there is some room for a change until the block is made.
      const { hash } = await signer.sendTransaction({ to, data, nonce, gasLimit: withRoom(gas) })
      nextNonce = nonce + 1
      return hash as Bytes32
    } catch (error) {
      // Another process sent from this account in between. What it did cannot be done twice: the contract sees to that.
      if (isNonceTaken(error) && retries > 0) return await broadcast(transaction, gas, { signal }, retries - 1)
      throw failed(error, { signal })
    }
  }

  return {
    ...reads,
    account,
    async send(calls, options = {}) {
      const { transaction, hash } = await takeTurn(async () => {
        const { transaction, gas } = await prepare(calls, options)
        const hash = await broadcast(transaction, gas, options)
        inFlight += 1
        return { transaction, hash }
      })
      const { succeeded, ...receipt } = await mined(request, hash, { ...options, timeout }).finally(() => {
        inFlight -= 1
      })
      if (succeeded) return receipt
      // Something came in between the try and the block; the same call says what it was.
      const replay = await request({
        method: 'eth_call',
        params: [transaction, { blockHash: receipt.block.hash }]
      }).catch((error: unknown) => error)
      throw refusalOf(replay, hash) ?? rejected('Reverted', {}, { transaction: hash })
    },
    async estimate(calls, options = {}) {
      const { gas } = await prepare(calls, options)
      try {
        const { maxFeePerGas, gasPrice } = (await signer.provider?.getFeeData()) ?? {}
        return { gas, gasPrice: maxFeePerGas ?? gasPrice ?? 0n }
      } catch (error) {
        throw failed(error, options)
      }
    }
  }
}

const withRoom = (gas: bigint): bigint => {
  const roomy = (gas * 5n) / 4n
  return roomy > MOST_GAS && gas <= MOST_GAS ? MOST_GAS : roomy
}

/** The node behind a signer, as the bare reader asks it. @throws INVALID_OPTION when there is none */
export function requestOf({ provider }: Signer): Request {
  if (!(provider instanceof JsonRpcApiProvider)) {
    const rule = 'a signer that is connected to a JSON-RPC node'
    throw new ArchiveError('INVALID_OPTION', `signer: ${rule}`, { option: 'signer', rule })
  }
  const trust = 'trust' in provider && typeof provider.trust === 'string' ? provider.trust : undefined
  const request: Request = async ({ method, params }, { signal } = {}) => {
    signal?.throwIfAborted()
    try {
      return await abortable(provider.send(method, [...params]), signal)
    } catch (error) {
      signal?.throwIfAborted()
      throw withoutPayload(error)
    }
  }
  return Object.assign(request, { trust })
}

/** Another transaction of the account has taken the nonce, in a block or on its way into one. */
const isNonceTaken = (error: unknown): boolean =>
  isError(error, 'NONCE_EXPIRED') ||
  isError(error, 'REPLACEMENT_UNDERPRICED') ||
  /nonce (?:too low|has already been used)|already known/i.test(withoutPayload(error).message)

/** Whoever holds the key looked at what was to be signed and said no. */
export const isDeclined = (error: unknown): boolean => isError(error, 'ACTION_REJECTED')

export function declined(account: Address): ArchiveError<'NO_ACCOUNT'> {
  const rule = `${account} declined to sign`
  return new ArchiveError('NO_ACCOUNT', rule, { rule })
}

function encode(calls: readonly RegistryCall[]): string {
  const [first, ...others] = calls.map(encodeCall)
  if (first === undefined) {
    const rule = 'at least one'
    throw new ArchiveError('INVALID_OPTION', `calls: ${rule}`, { option: 'calls', rule })
  }
  return others.length === 0 ? first : contract.encodeFunctionData('multicall', [[first, ...others]])
}

function encodeCall(call: RegistryCall): string {
  const { verb } = call
  if (verb === 'retract') return contract.encodeFunctionData(verb, [call.node])
  if (verb === 'setEditor') return contract.encodeFunctionData(verb, [call.editor, call.until])
  const { publisher, ref, digest, parent } = call
  if (verb === 'point') return contract.encodeFunctionData(verb, [publisher, ref, digest, parent])
  const publication = [publisher, ref, digest, parent, call.tree]
  if (verb === 'publish') return contract.encodeFunctionData(verb, publication)
  return contract.encodeFunctionData(verb, [...publication, call.deadline, call.editor, call.signature])
}

/** The contract's own refusal, or the chain's to take a transaction that is not paid for; else nothing. */
function refusalOf(error: unknown, transaction?: Bytes32): ArchiveError<'REGISTRY_REJECTED'> | undefined {
  const cause = withoutPayload(error)
  const data = revertDataOf(error)
  const parsed = data === undefined ? null : contract.parseError(data)
  if (parsed !== null) {
    const args = parsed.fragment.inputs.map(({ name, baseType }, i) => [name, spell(parsed.args[i], baseType)])
    return rejected(parsed.name, Object.fromEntries(args), { transaction, cause })
  }
  if (/insufficient funds|enough funds/i.test(cause.message)) {
    return rejected('InsufficientFunds', {}, { transaction, cause })
  }
  return REFUSED.test(cause.message) ? rejected('Reverted', {}, { transaction, cause }) : undefined
}

/** How nodes word that a transaction ran and failed, or that no block could hold it. */
const REFUSED = /revert|out of gas|gas required exceeds|exceeds block gas limit/i

const spell = (value: unknown, type: string): string =>
  type === 'address' ? String(value).toLowerCase() : String(value)

/** Work that is done one after the other, whether or not what came before went well. */
function turns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    const mine = last.then(work, work)
    last = mine
    return await mine
  }
}

/** Stops waiting when told to. The library underneath cannot stop the request itself. */
async function abortable<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return await work
  const aborted = Promise.withResolvers<never>()
  const stop = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
