import { Interface, isError, JsonRpcApiProvider, JsonRpcSigner, keccak256, type Signer } from 'ethers'
import { orAborted } from '../block/abort.ts'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, type Chain, chainIdOf, parseAddress } from '../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { trendRegistryAbi } from './abi.ts'
import { checkAccount } from './account.ts'
import { likelyOf, mostOf, offerOf, readMarket } from './fees.ts'
import type { Action, SigningHand } from './flight.ts'
import { toQuantity } from './quantity.ts'
import type { Registry, RegistryCall, RegistryWriter } from './registry.ts'
import { rejected } from './rejection.ts'
import type { Request } from './request.ts'
import { rpcRegistry } from './rpc.ts'
import { createSender, inOrder, type SenderOptions, type SendingHand } from './sender.ts'
import { outcomeOf, revertDataOf, withoutPayload } from './transaction.ts'

export interface EthersRegistryOptions extends SenderOptions {
  readonly chain: Chain
  readonly address: Address
  /**
   * Who sends, connected to a node: a `Wallet` with a provider, or the signer of a browser's wallet. `jsonRpcProvider`
   * makes the provider that holds nothing up.
   */
  readonly signer: Signer
  /** @default what the provider says of itself, as that of `jsonRpcProvider` does; else `rpc` */
  readonly trust?: string | undefined
}

/** What a transaction may ask for at most on chains with EIP-7825: some 600 refs at once. */
const MOST_GAS = 16_777_216n

/** EIP-1193. */
const REJECTED_BY_USER = 4001

const HASH = /^0x[0-9a-f]{64}$/

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
  ...limits
}: EthersRegistryOptions): Promise<Registry & RegistryWriter> {
  const request = requestOf(signer)
  const account = parseAddress(await signer.getAddress())
  checkAccount(account, chain)
  const reads = rpcRegistry({ chain, address, request, trust })
  const hand = handOf(signer, account, chain, request)
  const sender = createSender({ account, request, hand }, limits)
  let isThere = false

  const unavailable = (cause: unknown): ArchiveError =>
    new ArchiveError(
      'REGISTRY_UNAVAILABLE',
      `${reads.trust}: ${withoutPayload(cause).message}`,
      { registry: address, reason: 'no answer' },
      { cause: withoutPayload(cause) }
    )

  /** What went wrong before anything was sent, or because a node took nothing. */
  const failed = (error: unknown, { signal }: Abortable): unknown => {
    if (isArchiveError(error)) return error
    if (signal?.aborted) return signal.reason
    if (isDeclined(error)) return declined(account)
    return refusalOf(error) ?? unavailable(error)
  }

  /** Every verb leaves a log. Where there is none, the code went with a block that was taken back. */
  const silent = (transaction: Bytes32): ArchiveError => {
    isThere = false
    const message = `${reads.trust}: ${transaction} did nothing, for there is no contract at ${address} any more`
    return new ArchiveError('REGISTRY_UNAVAILABLE', message, { registry: address, reason: 'no code' })
  }

  /** A transaction to an account without code succeeds and does nothing, so that is looked at too. */
  const checkThere = async (options: Abortable): Promise<void> => {
    if (isThere) return
    await reads.editorUntil(account, account, await reads.block('latest', options), options)
    isThere = true
  }

  const tryOut = async (action: Action, options: Abortable): Promise<bigint> => {
    // Many nodes try a call out on top of what they have not mined yet, which may be what this is to take the place of.
    const state = limits.speedUp === true ? ['latest'] : []
    const asked = request({ method: 'eth_estimateGas', params: [{ from: account, ...action }, ...state] }, options)
    const [, gas] = await inOrder(checkThere(options), asked)
    return BigInt(String(gas))
  }

  return {
    ...reads,
    account,
    async send(calls, options = {}) {
      const action = { to: address, data: encode(calls) }
      try {
        // What a ref costs depends on what it names, so there is some room for a change until the block is made.
        const gasFor = async (abortable: Abortable): Promise<bigint> => withRoom(await tryOut(action, abortable))
        const { succeeded, speakers, ...receipt } = await sender.send(action, gasFor, options)
        if (succeeded && speakers.includes(address)) return receipt
        if (succeeded) throw silent(receipt.transaction)
        // Something came in between the try and the block; the same call says what it was.
        const replay = await request({
          method: 'eth_call',
          params: [{ from: account, ...action }, { blockHash: receipt.block.hash }]
        }).catch((error: unknown) => error)
        const { transaction } = receipt
        throw refusalOf(replay, transaction) ?? rejected('Reverted', {}, { transaction })
      } catch (error) {
        throw failed(error, options)
      }
    },
    async estimate(calls, options = {}) {
      const action = { to: address, data: encode(calls) }
      try {
        const [gas, market] = await inOrder(tryOut(action, options), readMarket(request, options))
        const offer = offerOf(market, limits.maxFeePerGas)
        const maxFeePerGas = mostOf(offer)
        return { gas, maxFeePerGas, fee: gas * likelyOf(offer, market), maxFee: withRoom(gas) * maxFeePerGas }
      } catch (error) {
        throw failed(error, options)
      }
    },
    async settle(options = {}) {
      try {
        await sender.settle(options)
      } catch (error) {
        throw failed(error, options)
      }
    },
    async receipt(transaction, options = {}) {
      const outcome = await outcomeOf(request, transaction, options)
      options.signal?.throwIfAborted()
      if (outcome?.succeeded !== true || !outcome.speakers.includes(address)) return undefined
      const { succeeded, speakers, ...receipt } = outcome
      return receipt
    }
  }
}

/** How an account signs: by itself, or where the key is a browser's wallet's, by asking it to sign and send. */
export function handOf(signer: Signer, account: Address, chain: Chain, request: Request): SigningHand | SendingHand {
  if (signer instanceof JsonRpcSigner) {
    return {
      async send({ to, data, value, gasLimit, offer = {} }) {
        const fees = Object.entries(offer).map(([name, price]) => [name, toQuantity(price)])
        const along = value === undefined ? {} : { value: toQuantity(value) }
        const gas = toQuantity(gasLimit)
        const transaction = { from: account, to, data, ...along, gas, ...Object.fromEntries(fees) }
        const hash = String(await request({ method: 'eth_sendTransaction', params: [transaction] })).toLowerCase()
        if (!HASH.test(hash)) throw new Error('the wallet answers with something that is no hash')
        return hash as Bytes32
      }
    }
  }
  return {
    async sign({ offer, ...transaction }) {
      const type = 'gasPrice' in offer ? 0 : 2
      const whole = { ...transaction, ...offer, type, chainId: chainIdOf(chain) }
      const bytes = await signer.signTransaction(whole).catch((error: unknown) => {
        throw isDeclined(error) ? declined(account) : unsigned(account, error)
      })
      return { bytes, transaction: keccak256(bytes) as Bytes32 }
    }
  }
}

/** What is used may be more by the time the block is made. */
export const withRoom = (gas: bigint): bigint => {
  const roomy = (gas * 5n) / 4n
  return roomy > MOST_GAS && gas <= MOST_GAS ? MOST_GAS : roomy
}

/** The node behind a signer, as the bare reader asks it. @throws INVALID_OPTION when there is none */
export function requestOf({ provider }: Signer): Request {
  if (!(provider instanceof JsonRpcApiProvider)) {
    const rule = 'a signer that is connected to a JSON-RPC node'
    throw new ArchiveError('INVALID_OPTION', `signer: ${rule}`, { option: 'signer', rule })
  }
  const ask: Request = isDirect(provider)
    ? provider.request
    : async ({ method, params }, { signal } = {}) => await orAborted(signal, provider.send(method, [...params]))
  const request: Request = async (call, options = {}) => {
    options.signal?.throwIfAborted()
    try {
      return await ask(call, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      throw withoutPayload(error)
    }
  }
  return Object.assign(request, { trust: ask.trust })
}

/** That of `jsonRpcProvider` tells over what it was made: what is asked there is not held up, and can be aborted. */
const isDirect = (provider: object): provider is { readonly request: Request } =>
  'request' in provider && typeof provider.request === 'function'

/** Whoever holds the key looked at what was to be signed and said no. */
export const isDeclined = (error: unknown): boolean =>
  isError(error, 'ACTION_REJECTED') || withoutPayload(error).code === REJECTED_BY_USER

export function declined(account: Address): ArchiveError<'NO_ACCOUNT'> {
  const rule = `${account} declined to sign`
  return new ArchiveError('NO_ACCOUNT', rule, { rule })
}

/** What a library says when it cannot sign may be about the key, so nothing that is as long as one is repeated. */
function unsigned(account: Address, error: unknown): ArchiveError<'NO_ACCOUNT'> {
  const rule = `${account} did not sign: ${withoutPayload(error).message.replaceAll(/[0-9a-f]{64}/gi, '(hex)')}`
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
