import type { Bytes32 } from '../block/cid.ts'
import { type Address, type Chain, chainIdOf } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { selectors } from './abi.ts'
import { CODE_DIGEST } from './bytecode.ts'
import { codeDigestQuery, isNoCode } from './code.ts'
import { once } from './once.ts'
import { isQuantity, toQuantity } from './quantity.ts'
import {
  type BlockTag,
  type ChainBlock,
  FINALITY,
  type Finality,
  NONE,
  type Registry,
  type RegistryRecord
} from './registry.ts'

/** A node's `request` as EIP-1193 has it: a wallet's, a provider's, or that of `httpRequest(url)`. */
export type Request = ((
  call: { readonly method: string; readonly params: readonly unknown[] },
  options?: Abortable
) => Promise<unknown>) & {
  /** Whom an answer trusts, where the one who made it knows: `rpc:<host>`. */
  readonly trust?: string | undefined
}

export interface RpcRegistryOptions {
  readonly chain: Chain
  readonly address: Address
  readonly request: Request
  /** @default what `request` says of itself, else `rpc` */
  readonly trust?: string | undefined
}

interface Header {
  readonly number: bigint
  readonly hash: Bytes32
  readonly timestamp: number
}

const WORD = /^0x[0-9a-f]{64}$/i
const ADDRESS_LIMIT = 1n << 160n
const TIME_LIMIT = 1n << 40n

/**
 * Reads the registry through a node's bare JSON-RPC. The chain does the hashing, so this needs no keccak, and no library
 * for a chain. All reads name their block by its hash (EIP-1898). That the node serves the chain is asked with every block;
 * that the code at the address is the registry's, once, together with the first read.
 */
export function rpcRegistry({ chain, address, request, trust = request.trust ?? 'rpc' }: RpcRegistryOptions): Registry {
  const unavailable = (reason: UnavailableReason, message: string, cause?: unknown, hint?: string): ArchiveError =>
    new ArchiveError('REGISTRY_UNAVAILABLE', `${trust}: ${message}`, { registry: address, reason }, { cause, hint })

  const ask = async (method: string, params: readonly unknown[], { signal }: Abortable): Promise<unknown> => {
    signal?.throwIfAborted()
    try {
      return await request({ method, params }, { signal })
    } catch (cause) {
      signal?.throwIfAborted()
      throw unavailable('no answer', `no answer to ${method}${reasonIn(cause)}`, cause)
    }
  }

  let chainWasRight = false

  const checkChain = async (options: Abortable): Promise<void> => {
    const answer = await ask('eth_chainId', [], options)
    if (!isQuantity(answer)) throw unavailable('malformed answer', 'the chain id is not a quantity')
    if (BigInt(answer) !== chainIdOf(chain)) {
      throw unavailable('wrong chain', `serves eip155:${BigInt(answer)}, not ${chain}`)
    }
    chainWasRight = true
  }

  const checkChainOnce = once(checkChain)

  const header = async (at: BlockTag | bigint, options: Abortable): Promise<Header> => {
    const tag = typeof at === 'bigint' ? toQuantity(at) : at
    const answer = await ask('eth_getBlockByNumber', [tag, false], options)
    if (answer === null) throw unavailable('unknown block', `there is no block ${at}`)
    const read = toHeader(answer)
    if (read === undefined || (typeof at === 'bigint' && read.number !== at)) {
      throw unavailable('malformed answer', `block ${at} has no number, hash and timestamp of its own`)
    }
    return read
  }

  const finalityOf = async ({ number }: Header, options: Abortable): Promise<Finality> => {
    for (const tag of ['finalized', 'safe'] as const) {
      // Some chains do not know these tags. Their blocks are unsafe.
      const settled = await header(tag, options).catch(() => undefined)
      options.signal?.throwIfAborted()
      if (settled !== undefined && number <= settled.number) return FINALITY[tag]
    }
    return 'unsafe'
  }

  /** Whether a read failed for its block. Nodes word that differently, so ask for the block instead. */
  const isGone = async ({ number, hash }: ChainBlock, options: Abortable): Promise<boolean> => {
    const canonical = await header(number, options).catch((error: ArchiveError) => error)
    options.signal?.throwIfAborted()
    if (!('code' in canonical)) return canonical.hash !== hash
    return (canonical as ArchiveError<'REGISTRY_UNAVAILABLE'>).details.reason === 'unknown block'
  }

  /** Whatever fails at a block that is gone fails for that reason. */
  const orGone = async (error: unknown, at: ChainBlock, options: Abortable): Promise<unknown> => {
    options.signal?.throwIfAborted()
    if (!(await isGone(at, options))) return error
    return unavailable('unknown block', `block ${at.hash} is unknown or no longer canonical`, error)
  }

  /** Not every node takes a call without a recipient; what it says of the account will do as well. */
  const codeDigest = async (at: ChainBlock, options: Abortable): Promise<string> => {
    const called = await ask('eth_call', [{ data: codeDigestQuery(address) }, toBlock(at)], options).catch(toError)
    if (isWord(called)) return called.toLowerCase()
    options.signal?.throwIfAborted()
    const account = await ask('eth_getProof', [address, [], toBlock(at)], options).catch(toError)
    const told = Object(account).codeHash
    if (isWord(told)) return told.toLowerCase()
    const reason = called instanceof Error && account instanceof Error ? 'no answer' : 'malformed answer'
    const words = reasonIn(Object(called).cause)
    const message = `tells the code of a contract neither by a call without recipient nor by eth_getProof${words}`
    throw await orGone(unavailable(reason, message, called, 'ask another node'), at, options)
  }

  /**
   * That the code at the address is the registry's. Good for every block: the code never destroys itself, and where it was
   * not there yet, a read is answered with nothing.
   */
  const checkCode = once(async (options: Abortable, at: ChainBlock): Promise<void> => {
    const digest = await codeDigest(at, options)
    if (digest === CODE_DIGEST) return
    if (isNoCode(digest)) throw unavailable('no code', `there is no contract at ${address} on ${chain}`)
    throw unavailable(
      'other code',
      `${address} on ${chain} has other code than the registry's: its digest is ${digest}`
    )
  })

  /** Calls a function whose arguments and results are all of 32 bytes, but for a last argument that may be a list. */
  const call = async (
    name: 'verify' | 'records' | 'heads' | 'editors' | 'leafOf',
    args: readonly (Address | Bytes32 | readonly Bytes32[])[],
    at: ChainBlock,
    options: Abortable
  ): Promise<readonly bigint[]> => {
    if (!chainWasRight) await checkChainOnce(options)
    const data = selectors[name] + encode(args)
    const [code, read] = await Promise.allSettled([
      checkCode(options, at),
      ask('eth_call', [{ to: address, data }, toBlock(at)], options)
    ])
    // What is wrong with the code explains whatever the code answered.
    if (code.status === 'rejected') throw code.reason
    if (read.status === 'rejected') throw await orGone(read.reason, at, options)
    const answer = read.value
    if (answer === '0x') throw unavailable('no code', `there is no contract at ${address} on ${chain}`)
    const words = decode(answer, name === 'verify' || name === 'records' ? 3 : 1)
    if (words === undefined) throw unavailable('malformed answer', `${name} has another shape: not this registry`)
    return words
  }

  const head = async (publisher: Address, ref: Bytes32, at: ChainBlock, options: Abortable) => {
    const [digest = 0n] = await call('heads', [publisher, ref], at, options)
    return digest === 0n ? undefined : toWord(digest)
  }

  const notice = async (publisher: Address, digest: Bytes32, at: ChainBlock, options: Abortable) => {
    const [leaf = 0n] = await call('leafOf', [digest], at, options)
    return await head(publisher, toWord(leaf), at, options)
  }

  const toRecord = ([publishedAt = 0n, retractedAt = 0n, editor = 0n]: readonly bigint[]): RegistryRecord => {
    if (publishedAt >= TIME_LIMIT || retractedAt >= TIME_LIMIT || editor >= ADDRESS_LIMIT) {
      throw unavailable('malformed answer', 'a record has bits where there are none: not this registry')
    }
    return {
      publishedAt: Number(publishedAt),
      retractedAt: Number(retractedAt),
      editor: `0x${editor.toString(16).padStart(40, '0')}`
    }
  }

  return {
    chain,
    address,
    trust,
    async block(at, options = {}) {
      const read = await header(at, options)
      // Each time, and afterwards: a wallet may turn to another chain, where the registry has the same address. What is
      // read at a block's hash is of the chain that the block is of.
      await checkChain(options)
      return { ...read, finality: typeof at === 'bigint' ? await finalityOf(read, options) : FINALITY[at] }
    },
    async record(publisher, digest, proof, at, options = {}) {
      return toRecord(await call('verify', [publisher, digest, proof], at, options))
    },
    async keyed(publisher, key, at, options = {}) {
      return toRecord(await call('records', [publisher, key], at, options))
    },
    async head(publisher, ref, at, options = {}) {
      return await head(publisher, ref, at, options)
    },
    async notice(publisher, digest, at, options = {}) {
      return await notice(publisher, digest, at, options)
    },
    async survey(publisher, questions, at, options = {}) {
      return await Promise.all(
        questions.map(async ({ digest, ref }) => {
          const [answer, named, about] = await Promise.all([
            call('verify', [publisher, digest, []], at, options),
            head(publisher, ref, at, options),
            notice(publisher, digest, at, options)
          ])
          return { record: toRecord(answer), head: named, notice: about }
        })
      )
    },
    async editorUntil(publisher, editor, at, options = {}) {
      const [until = 0n] = await call('editors', [publisher, editor], at, options)
      return until
    }
  }
}

/** The ABI's encoding of words, and of a list of words in the last place. */
function encode(args: readonly (string | readonly string[])[]): string {
  const heads = args.map((arg) => (typeof arg === 'string' ? pad(arg.slice(2)) : pad((32 * args.length).toString(16))))
  const list = args.find((arg) => typeof arg !== 'string')
  const tail = list === undefined ? [] : [pad(list.length.toString(16)), ...list.map((word) => word.slice(2))]
  return [...heads, ...tail].join('')
}

function decode(answer: unknown, count: number): readonly bigint[] | undefined {
  if (typeof answer !== 'string' || answer.length !== 2 + 64 * count || !/^0x[0-9a-f]*$/i.test(answer)) return undefined
  return Array.from({ length: count }, (_, i) => BigInt(`0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`))
}

function toHeader(answer: unknown): Header | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const { number, hash, timestamp } = answer as Readonly<Record<string, unknown>>
  if (!isQuantity(number) || !isQuantity(timestamp) || !isWord(hash)) return undefined
  const seconds = Number(timestamp)
  if (!Number.isSafeInteger(seconds)) return undefined
  return { number: BigInt(number), hash: hash.toLowerCase() as Bytes32, timestamp: seconds }
}

/** A block as EIP-1898 names it. */
const toBlock = ({ hash }: ChainBlock): object => ({ blockHash: hash, requireCanonical: true })
const toError = (error: unknown): unknown => error
const isWord = (value: unknown): value is Bytes32 => typeof value === 'string' && WORD.test(value)
const pad = (hex: string): string => hex.padStart(64, '0')
const toWord = (value: bigint): Bytes32 => (value === 0n ? NONE : `0x${pad(value.toString(16))}`)

function reasonIn(cause: unknown): string {
  return cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
}
