import type { Bytes32 } from '../block/cid.ts'
import type { Address, Chain } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import {
  type BlockTag,
  type ChainBlock,
  FINALITY,
  type Finality,
  NONE,
  type Receipt,
  type Registry,
  type RegistryCall,
  type RegistryRecord,
  type RegistryWriter,
  type Signature
} from './registry.ts'
import { rejected } from './rejection.ts'
import { foldProof, keyOf, leafOf, nodeOf } from './tree.ts'
import { type Place, publishDigest } from './typed-data.ts'

export interface MemoryChainOptions {
  /** @default eip155:31337 */
  readonly chain?: Chain | undefined
  readonly address?: Address | undefined
  /** The clock that blocks are stamped from, in seconds. @default the machine's */
  readonly now?: (() => number) | undefined
  /** How many blocks `safe` and `finalized` lag behind `latest`. @default 0 */
  readonly lag?: number | undefined
  /** Whether an account signed 32 bytes, as `isSignedBy` tells it. Without it nothing can be relayed. */
  readonly isSignedBy?: SignatureCheck | undefined
}

type SignatureCheck = (account: Address, digest: Bytes32, signature: Signature) => boolean

/** A chain with nothing on it but the registry. */
export interface MemoryChain {
  /** The registry as one account sees it. */
  readonly as: (account: Address) => Registry & RegistryWriter
  /** Mines empty blocks and answers with the last. */
  readonly mine: (count?: number) => ChainBlock
  /** Replaces the last `depth` blocks by as many empty ones: what they recorded is gone, and so are their hashes. */
  readonly reorg: (depth: number) => void
}

interface State {
  /** Each map by its two keys, publisher first. */
  readonly records: ReadonlyMap<string, RegistryRecord>
  readonly heads: ReadonlyMap<string, Bytes32>
  readonly editors: ReadonlyMap<string, bigint>
}

interface Draft {
  readonly records: Map<string, RegistryRecord>
  readonly heads: Map<string, Bytes32>
  readonly editors: Map<string, bigint>
}

interface Mined {
  readonly number: bigint
  readonly hash: Bytes32
  readonly timestamp: number
  readonly state: State
  readonly receipt?: Receipt | undefined
}

interface Context {
  readonly sender: Address
  readonly timestamp: number
  readonly place: Place
  readonly isSignedBy: SignatureCheck | undefined
}

type Call<Verb extends RegistryCall['verb']> = Extract<RegistryCall, { readonly verb: Verb }>

const NOBODY: Address = `0x${'0'.repeat(40)}`
const UNRECORDED: RegistryRecord = { publishedAt: 0, retractedAt: 0, editor: NOBODY }
const EMPTY: State = { records: new Map(), heads: new Map(), editors: new Map() }
/** What a call costs at most on a chain with the EVM's prices, besides what each transaction costs. */
const GAS: Readonly<Record<RegistryCall['verb'], bigint>> = {
  publish: 50_000n,
  publishFor: 60_000n,
  point: 27_000n,
  retract: 25_000n,
  setEditor: 25_000n
}
const GAS_PER_TRANSACTION = 21_000n
const GAS_PRICE = 1n

/** The registry without a chain: the contract's rules to the letter, for tests and for trying things out. */
export function memoryChain({
  chain = 'eip155:31337',
  address = '0x7e577e577e577e577e577e577e577e577e577e57',
  now = () => Math.floor(Date.now() / 1000),
  lag = 0,
  isSignedBy
}: MemoryChainOptions = {}): MemoryChain {
  let serial = 0
  /** Distinct for every block and transaction there ever was, so that a reorganised one never gets its hash back. */
  const uniqueHash = (): Bytes32 => nodeOf(leafOf(NONE), word(++serial))
  const blocks: Mined[] = [{ number: 0n, hash: uniqueHash(), timestamp: now(), state: EMPTY }]
  const latest = (): Mined => blocks.at(-1)!
  const nextTimestamp = (): number => Math.max(now(), latest().timestamp + 1)

  const append = (state: State, timestamp: number): Mined => {
    const block = { number: BigInt(blocks.length), hash: uniqueHash(), timestamp, state }
    blocks.push(block)
    return block
  }

  const settled = (): number => Math.max(0, blocks.length - 1 - lag)

  const blockAt = (at: BlockTag | bigint): ChainBlock => {
    if (typeof at !== 'bigint') return toChainBlock(at === 'latest' ? latest() : blocks[settled()]!, FINALITY[at])
    const block = blocks[Number(at)]
    if (block === undefined) throw unavailable(`there is no block ${at}`)
    return toChainBlock(block, at <= settled() ? 'final' : 'unsafe')
  }

  const stateAt = ({ number, hash }: ChainBlock): State => {
    const block = blocks[Number(number)]
    if (block?.hash !== hash) throw unavailable(`block ${hash} is not, or no longer, of this chain`)
    return block.state
  }

  const unavailable = (message: string): ArchiveError =>
    new ArchiveError('REGISTRY_UNAVAILABLE', message, { registry: address, reason: 'unknown block' })

  const place = { chain, address }

  const transact = (sender: Address, calls: readonly RegistryCall[]): Receipt => {
    const timestamp = nextTimestamp()
    const block = append(execute(latest().state, calls, { sender, timestamp, place, isSignedBy }), timestamp)
    const gasUsed = gasOf(calls)
    const fee = gasUsed * GAS_PRICE
    const { number, hash } = block
    const receipt = { transaction: uniqueHash(), block: { number, hash }, gasUsed, gasPrice: GAS_PRICE, fee }
    blocks[Number(number)] = { ...block, receipt }
    return receipt
  }

  const reads: Registry = {
    chain,
    address,
    trust: 'memory',
    async block(at, { signal }: Abortable = {}) {
      signal?.throwIfAborted()
      return blockAt(at)
    },
    async record(publisher, digest, proof, at, { signal }: Abortable = {}) {
      signal?.throwIfAborted()
      return verify(stateAt(at), publisher, digest, proof)
    },
    async keyed(publisher, key, at, { signal }: Abortable = {}) {
      signal?.throwIfAborted()
      return stateAt(at).records.get(pair(publisher, key)) ?? UNRECORDED
    },
    async head(publisher, ref, at, { signal }: Abortable = {}) {
      signal?.throwIfAborted()
      return stateAt(at).heads.get(pair(publisher, ref))
    },
    async notice(publisher, digest, at, { signal }: Abortable = {}) {
      signal?.throwIfAborted()
      return stateAt(at).heads.get(pair(publisher, leafOf(digest)))
    },
    async survey(publisher, questions, at, { signal }: Abortable = {}) {
      signal?.throwIfAborted()
      const state = stateAt(at)
      return questions.map(({ digest, ref }) => ({
        record: verify(state, publisher, digest, []),
        head: state.heads.get(pair(publisher, ref)),
        notice: state.heads.get(pair(publisher, leafOf(digest)))
      }))
    },
    async editorUntil(publisher, editor, at, { signal }: Abortable = {}) {
      signal?.throwIfAborted()
      return stateAt(at).editors.get(pair(publisher, editor)) ?? 0n
    }
  }

  return {
    as(account) {
      const sender = lower(account)
      return {
        ...reads,
        account: sender,
        async send(calls, { signal }: Abortable = {}) {
          signal?.throwIfAborted()
          checkSome(calls)
          return transact(sender, calls)
        },
        async estimate(calls, { signal }: Abortable = {}) {
          signal?.throwIfAborted()
          checkSome(calls)
          execute(latest().state, calls, { sender, timestamp: nextTimestamp(), place, isSignedBy })
          const gas = gasOf(calls)
          const fee = gas * GAS_PRICE
          return { gas, maxFeePerGas: GAS_PRICE, fee, maxFee: fee }
        },
        async settle({ signal }: Abortable = {}) {
          signal?.throwIfAborted()
        },
        async receipt(transaction, { signal }: Abortable = {}) {
          signal?.throwIfAborted()
          return blocks.find(({ receipt }) => receipt?.transaction === transaction)?.receipt
        }
      }
    },
    mine(count = 1) {
      for (let i = 0; i < count; i++) append(latest().state, nextTimestamp())
      return blockAt('latest')
    },
    reorg(depth) {
      if (depth < 1 || depth >= blocks.length) throw invalid('depth', `from 1 to ${blocks.length - 1} blocks`)
      blocks.splice(-depth)
      for (let i = 0; i < depth; i++) append(latest().state, nextTimestamp())
    }
  }
}

const toChainBlock = ({ number, hash, timestamp }: Mined, finality: Finality): ChainBlock => ({
  number,
  hash,
  timestamp,
  finality
})

/** The state after all calls, or the refusal of one of them and no state at all. */
function execute(state: State, calls: readonly RegistryCall[], context: Context): State {
  const draft: Draft = {
    records: new Map(state.records),
    heads: new Map(state.heads),
    editors: new Map(state.editors)
  }
  for (const call of calls) apply(draft, call, context)
  return draft
}

function apply(draft: Draft, call: RegistryCall, context: Context): void {
  if (call.verb === 'publish') publish(draft, call, context)
  else if (call.verb === 'publishFor') publishFor(draft, call, context)
  else if (call.verb === 'point') point(draft, call, context)
  else if (call.verb === 'retract') retract(draft, call, context)
  else draft.editors.set(pair(context.sender, call.editor), call.until)
}

function publish(draft: Draft, call: Call<'publish' | 'publishFor'>, context: Context): void {
  const { sender, timestamp } = context
  if (call.digest === NONE) throw rejected('ZeroDigest', { ref: call.ref })
  authorize(draft, call.publisher, context)
  const node = keyOf(call.digest, call.tree)
  if (draft.records.has(pair(call.publisher, node))) throw rejected('AlreadyRecorded', { node })
  draft.records.set(pair(call.publisher, node), { publishedAt: timestamp, retractedAt: 0, editor: sender })
  if (call.ref !== NONE) move(draft, call)
}

function publishFor(draft: Draft, call: Call<'publishFor'>, context: Context): void {
  const { place, isSignedBy } = context
  if (BigInt(context.timestamp) > call.deadline) throw rejected('Expired', { deadline: String(call.deadline) })
  if (isSignedBy === undefined) throw invalid('isSignedBy', 'a twin that is to check signatures is told how')
  const editor = lower(call.editor)
  if (!isSignedBy(editor, publishDigest(place, call), call.signature)) throw rejected('BadSignature', { editor })
  publish(draft, call, { ...context, sender: editor })
}

function point(draft: Draft, call: Call<'point'>, context: Context): void {
  if (call.ref === NONE) throw rejected('ZeroRef', { digest: call.digest })
  if (call.digest === NONE && context.sender !== lower(call.publisher)) throw rejected('ZeroDigest', { ref: call.ref })
  authorize(draft, call.publisher, context)
  move(draft, call)
}

function retract(draft: Draft, { node }: Call<'retract'>, { sender, timestamp }: Context): void {
  const record = draft.records.get(pair(sender, node)) ?? UNRECORDED
  if (record.retractedAt !== 0) throw rejected('AlreadyRetracted', { node })
  draft.records.set(pair(sender, node), { ...record, retractedAt: timestamp })
}

function authorize(draft: Draft, publisher: Address, { sender, timestamp }: Context): void {
  if (sender === lower(publisher)) return
  const until = draft.editors.get(pair(publisher, sender)) ?? 0n
  if (timestamp > until) throw rejected('NotEditor', { publisher: lower(publisher), account: sender })
}

function move(draft: Draft, { publisher, ref, digest, parent }: Call<'publish' | 'publishFor' | 'point'>): void {
  const head = draft.heads.get(pair(publisher, ref)) ?? NONE
  if (head !== parent) throw rejected('StaleParent', { ref, head })
  if (digest === NONE) draft.heads.delete(pair(publisher, ref))
  else draft.heads.set(pair(publisher, ref), digest)
}

function verify(state: State, publisher: Address, digest: Bytes32, proof: readonly Bytes32[]): RegistryRecord {
  const leaf = leafOf(digest)
  const root = state.records.get(pair(publisher, foldProof(leaf, proof))) ?? UNRECORDED
  if (root.retractedAt !== 0) return root
  const { retractedAt } = state.records.get(pair(publisher, leaf)) ?? UNRECORDED
  if (retractedAt !== 0) return { ...root, retractedAt }
  return isDisowned(state, publisher, root) ? { ...root, retractedAt: root.publishedAt } : root
}

function isDisowned(state: State, publisher: Address, { editor, publishedAt }: RegistryRecord): boolean {
  return editor !== lower(publisher) && publishedAt > (state.editors.get(pair(publisher, editor)) ?? 0n)
}

const gasOf = (calls: readonly RegistryCall[]): bigint =>
  calls.reduce((gas, { verb }) => gas + GAS[verb], GAS_PER_TRANSACTION)

const word = (number: number): Bytes32 => `0x${number.toString(16).padStart(64, '0')}`
const lower = (address: Address): Address => address.toLowerCase() as Address
const pair = (publisher: Address, key: Address | Bytes32): string => `${publisher}:${key}`.toLowerCase()

function checkSome(calls: readonly RegistryCall[]): void {
  if (calls.length === 0) throw invalid('calls', 'at least one')
}

function invalid(option: string, rule: string): ArchiveError<'INVALID_OPTION'> {
  return new ArchiveError('INVALID_OPTION', `${option}: ${rule}`, { option, rule })
}
