import type { Bytes32 } from '../block/cid.ts'
import type { Address, Chain } from '../document/publisher.ts'
import type { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { selectors } from './abi.ts'
import { CODE_DIGEST } from './bytecode.ts'
import { codeDigestQuery, isNoCode } from './code.ts'
import { finalityAt } from './finality.ts'
import { nodeOf } from './node.ts'
import { once } from './once.ts'
import { isQuantity, toQuantity } from './quantity.ts'
import {
  type BlockTag,
  type ChainBlock,
  FINALITY,
  NONE,
  type Question,
  type Registry,
  type RegistryRecord,
  type Survey,
  type TrustMode
} from './registry.ts'
import type { Request } from './request.ts'
import { readAnswer, readSurveys, surveyCall } from './survey.ts'
import { wordsIn } from './words-in.ts'

export interface RpcRegistryOptions {
  readonly chain: Chain
  readonly address: Address
  readonly request: Request
  /** @default what `request` says of itself, else `rpc` */
  readonly trust?: string | undefined
  /** How `request` comes by its answers. @default 'rpc' */
  readonly mode?: TrustMode | undefined
}

interface Header {
  readonly number: bigint
  readonly hash: Bytes32
  readonly timestamp: number
}

const WORD = /^0x[0-9a-f]{64}$/i
const ADDRESS_LIMIT = 1n << 160n
const TIME_LIMIT = 1n << 40n
/** Documents a multicall asks about: a few million gas, which every node gives. */
const LOT = 128

type View = 'verify' | 'records' | 'heads' | 'editors' | 'leafOf'
type Call = readonly [name: View, ...args: (Address | Bytes32 | readonly Bytes32[])[]]

/**
 * Reads the registry through a node's bare JSON-RPC. The chain does the hashing, so this needs no keccak, and no library
 * for a chain. All reads name their block by its hash (EIP-1898). That the node serves the chain is asked once of a node
 * behind a URL and with every block of a wallet; that the code at the address is the registry's, once, together with the
 * first read. A survey is one call, which says both.
 */
export function rpcRegistry({
  chain,
  address,
  request,
  trust = request.trust ?? 'rpc',
  mode
}: RpcRegistryOptions): Registry {
  const node = nodeOf({ chain, registry: address, request, trust })
  const { unavailable, ask } = node
  let codeWasRight = false
  let runsPrograms = true

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
    const words = wordsIn(Object(called).cause)
    const message = `tells the code of a contract neither by a call without recipient nor by eth_getProof${words}`
    throw await orGone(unavailable(reason, message, called, 'ask another node'), at, options)
  }

  /**
   * That the code at the address is the registry's. Good for every block: the code never destroys itself, and where it was
   * not there yet, a read is answered with nothing.
   */
  const acceptCode = (digest: string): void => {
    if (isNoCode(digest)) throw unavailable('no code', `there is no contract at ${address} on ${chain}`)
    if (digest !== CODE_DIGEST) {
      const message = `${address} on ${chain} has other code than the registry's: its digest is ${digest}`
      throw unavailable('other code', message)
    }
    codeWasRight = true
  }

  const checkCodeOnce = once(async (options: Abortable, at: ChainBlock): Promise<void> => {
    acceptCode(await codeDigest(at, options))
  })

  /** Calls the registry; its answer, and nothing of an address that has another contract or none. */
  const callWith = async (data: string, at: ChainBlock, options: Abortable): Promise<unknown> => {
    await node.checkChainOnce(options)
    const [code, read] = await Promise.allSettled([
      codeWasRight ? undefined : checkCodeOnce(options, at),
      ask('eth_call', [{ to: address, data }, toBlock(at)], options)
    ])
    // What is wrong with the code explains whatever the code answered.
    if (code.status === 'rejected') throw code.reason
    if (read.status === 'rejected') throw await orGone(read.reason, at, options)
    if (read.value === '0x') throw unavailable('no code', `there is no contract at ${address} on ${chain}`)
    return read.value
  }

  const misshapen = (what: string): ArchiveError =>
    unavailable('malformed answer', `${what} has another shape: not this registry`)

  /** Calls a function whose arguments and results are all of 32 bytes, but for a last argument that may be a list. */
  const call = async (of: Call, at: ChainBlock, options: Abortable): Promise<readonly bigint[]> => {
    const words = decode(await callWith(encodeCall(of), at, options), sizeOf(of))
    if (words === undefined) throw misshapen(of[0])
    return words
  }

  /** Many of them in one, by the registry's own verb. */
  const callMany = async (
    calls: readonly Call[],
    at: ChainBlock,
    options: Abortable
  ): Promise<readonly (readonly bigint[])[]> => {
    const { decodeMulticall, encodeMulticall } = await import('./multicall.ts')
    const answer = await callWith(encodeMulticall(calls.map(encodeCall)), at, options)
    const words = decodeMulticall(answer, calls.map(sizeOf))
    if (words === undefined) throw misshapen('multicall')
    return words
  }

  const head = async (publisher: Address, ref: Bytes32, at: ChainBlock, options: Abortable) =>
    toHead(await call(['heads', publisher, ref], at, options))

  const notice = async (publisher: Address, digest: Bytes32, at: ChainBlock, options: Abortable) => {
    const [leaf = 0n] = await call(['leafOf', digest], at, options)
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

  /** What the node's own run of a program says; `undefined` where it does not run it. */
  const surveyByProgram = async (
    publisher: Address,
    questions: readonly Question[],
    from: number,
    at: ChainBlock,
    options: Abortable
  ): Promise<readonly Survey[] | undefined> => {
    const { data, count } = surveyCall(address, publisher, questions, from)
    const answer = readAnswer(await ask('eth_call', [{ data }, toBlock(at)], options).catch(toError))
    options.signal?.throwIfAborted()
    if (answer === undefined) return undefined
    node.acceptChain(answer.chainId)
    acceptCode(answer.codeDigest)
    const surveys = readSurveys(answer.told, publisher, questions.slice(from, from + count))
    if (surveys === undefined) throw misshapen('a survey')
    return surveys
  }

  const surveyByMulticall = async (
    publisher: Address,
    questions: readonly Question[],
    at: ChainBlock,
    options: Abortable
  ): Promise<readonly Survey[]> => {
    const leaves = await callMany(
      questions.map(({ digest }): Call => ['leafOf', digest]),
      at,
      options
    )
    const reads = questions.flatMap(({ digest, ref }, i): readonly Call[] => [
      ['verify', publisher, digest, []],
      ['heads', publisher, ref],
      ['heads', publisher, toWord(leaves[i]![0]!)]
    ])
    const answers = await callMany(reads, at, options)
    return questions.map((_, i) => ({
      record: toRecord(answers[3 * i]!),
      head: toHead(answers[3 * i + 1]!),
      notice: toHead(answers[3 * i + 2]!)
    }))
  }

  /** As many answers as one request brings: the caller asks for the rest. */
  const someOf = async (
    publisher: Address,
    questions: readonly Question[],
    from: number,
    at: ChainBlock,
    options: Abortable
  ): Promise<readonly Survey[]> => {
    const told = runsPrograms ? await surveyByProgram(publisher, questions, from, at, options) : undefined
    if (told !== undefined) return told
    const surveys = await surveyByMulticall(publisher, questions.slice(from, from + LOT), at, options)
    // Only now: a node that answers neither is down.
    runsPrograms = false
    return surveys
  }

  return {
    chain,
    address,
    trust,
    mode,
    async block(at, options = {}) {
      const reading = header(at, options)
      // After the block was asked for, and each time where it is a wallet, which may turn to another chain, where the registry
      // has the same address. What is read at a block's hash is of the chain that the block is of, and a survey says which.
      const checking = request.isSteady ? node.checkChainOnce(options) : node.checkChain(options)
      checking.catch(toError)
      const read = await reading
      await checking
      const finality =
        typeof at === 'bigint'
          ? await finalityAt(read.number, async (tag) => await header(tag, options), options)
          : FINALITY[at]
      return { ...read, finality }
    },
    async isCanonical({ number, hash }, options = {}) {
      return (await header(number, options)).hash === hash
    },
    async record(publisher, digest, proof, at, options = {}) {
      return toRecord(await call(['verify', publisher, digest, proof], at, options))
    },
    async keyed(publisher, key, at, options = {}) {
      return toRecord(await call(['records', publisher, key], at, options))
    },
    async head(publisher, ref, at, options = {}) {
      return await head(publisher, ref, at, options)
    },
    async notice(publisher, digest, at, options = {}) {
      return await notice(publisher, digest, at, options)
    },
    async survey(publisher, questions, at, options = {}) {
      const surveys: Survey[] = []
      while (surveys.length < questions.length) {
        surveys.push(...(await someOf(publisher, questions, surveys.length, at, options)))
      }
      return surveys
    },
    async editorUntil(publisher, editor, at, options = {}) {
      const [until = 0n] = await call(['editors', publisher, editor], at, options)
      return until
    }
  }
}

const encodeCall = ([name, ...args]: Call): string => selectors[name] + encode(args)
/** How many words a function answers with. */
const sizeOf = ([name]: Call): number => (name === 'verify' || name === 'records' ? 3 : 1)
const toHead = ([digest = 0n]: readonly bigint[]): Bytes32 | undefined => (digest === 0n ? undefined : toWord(digest))

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
