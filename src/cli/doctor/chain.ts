import { deployments, tagOf } from '../../registry/deployments.ts'
import { type ChainBlock, NONE, type Registry } from '../../registry/registry.ts'
import type { Context } from '../command.ts'
import { type Finding, fault, ok, problem, unchecked, warning } from './finding.ts'

/** Seconds that clocks may differ by, as the block may be from the future of a slow one. */
const CLOCK_SLACK = 15
/** Seconds after which a chain that makes blocks all the time has stopped, or the node has. */
const OLD = 900
const ZERO = `0x${'0'.repeat(40)}` as const

/** A node that answers for the chain that is meant. */
export interface Reached {
  readonly ask: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  readonly head: ChainBlock
}

export interface ChainFindings {
  readonly findings: readonly Finding[]
  /** Absent where nobody answers for the chain. */
  readonly reached?: Reached | undefined
}

const LATER = ['clock', 'blocks', 'proofs', 'sending', 'registry']

/** The node, what it can do, and the registry behind it. */
export async function checkChain(context: Context): Promise<ChainFindings> {
  const { network } = context.settings
  if (network.rpcUrl === undefined) {
    const node = unchecked('node', `none is known for ${network.chain}`, 'name one with --rpc-url or RPC_URL')
    return { findings: [node, ...LATER.map((check) => unchecked(check, 'needs a node'))] }
  }
  const registry = (await context.session.registries()).find(({ chain }) => chain === network.chain)!
  try {
    const reached = await reach(context, registry)
    const found = [checkClock(context, reached), checkBlocks(context, reached), checkProofs(reached)]
    const later = await Promise.all([...found, checkSending(reached), checkRegistry(context, registry, reached)])
    const { head } = reached
    const node = ok('node', `${registry.trust} serves ${network.chain}, block ${head.number}, ${ago(head)} old`)
    return { findings: [node, ...later], reached }
  } catch (error) {
    return { findings: [problem('node', error), ...LATER.map((check) => unchecked(check, 'needs the node'))] }
  }
}

/** @throws REGISTRY_UNAVAILABLE when nobody answers, or for another chain */
async function reach({ session, signal }: Context, registry: Registry): Promise<Reached> {
  const request = await session.node()
  const head = await registry.block('latest', { signal })
  return { head, ask: async (method, ...params) => await request({ method, params }, { signal }) }
}

async function checkClock({ settings: { network } }: Context, { head }: Reached): Promise<Finding> {
  const age = ageOf(head)
  if (age < -CLOCK_SLACK) {
    return warning('clock', `this machine is ${-age} s behind the chain`, 'set its clock: deadlines and ages go by it')
  }
  // A dev chain makes a block when it is sent something.
  if (age > OLD && deployments[network.chain]?.tag !== 'latest') {
    const hint = 'the node is behind, the chain stands still, or the clock of this machine is ahead'
    return warning('clock', `the newest block is ${ago(head)} old`, hint)
  }
  return ok('clock', `${age < 0 ? `${-age} s behind` : `${ago(head)} after`} the newest block`)
}

/** Reads name their block by its hash, and verdicts rest on the block under a tag. */
async function checkBlocks({ settings: { network } }: Context, { ask, head }: Reached): Promise<Finding> {
  const at = { blockHash: head.hash, requireCanonical: true }
  const [byHash, ...tags] = await Promise.all([
    succeeds(ask('eth_getBalance', ZERO, at)),
    ...(['finalized', 'safe'] as const).map(async (tag) => {
      return (await succeeds(ask('eth_getBlockByNumber', tag, false))) ? [tag] : []
    })
  ])
  if (!byHash) {
    const hint = 'name another node with --rpc-url: every read names its block by its hash'
    return fault('blocks', 'are not known by their hash (EIP-1898)', hint, 6)
  }
  const known = tags.flat()
  const says = `known by their hash${known.length === 0 ? '' : `, and as ${known.join(' and ')}`}`
  const wanted = tagOf(network.chain)
  if (wanted === 'latest' || known.includes(wanted)) return ok('blocks', says)
  const hint = 'verify with --require unsafe, or name another node with --rpc-url'
  return warning('blocks', `${says}, but not as ${wanted}, on which verdicts rest`, hint)
}

async function checkProofs({ ask, head }: Reached): Promise<Finding> {
  const at = { blockHash: head.hash, requireCanonical: true }
  if (await succeeds(ask('eth_getProof', ZERO, [NONE], at))) return ok('proofs', 'eth_getProof is answered')
  return warning('proofs', 'eth_getProof is not answered', 'proofs of the state need another node')
}

/** With it a transaction is sent and waited for at once (EIP-7966); without it the receipt is asked for. */
async function checkSending({ ask }: Reached): Promise<Finding> {
  const refusal = await ask('eth_sendRawTransactionSync', '0x').then(
    () => undefined,
    (error: unknown) => error
  )
  return ok('sending', `eth_sendRawTransactionSync is ${isUnknownMethod(refusal) ? 'not known' : 'known'}`)
}

async function checkRegistry(
  { settings: { network }, signal }: Context,
  registry: Registry,
  { head }: Reached
): Promise<Finding> {
  try {
    await registry.editorUntil(ZERO, ZERO, head, { signal })
    const says = `${registry.address} has the registry's code`
    if (network.isPinned) return ok('registry', says)
    const hint = `for verdicts to rest on it: --registry ${registry.address}`
    return warning('registry', `${says}, but the address book does not know ${network.chain}`, hint)
  } catch (error) {
    return problem('registry', error)
  }
}

const ageOf = ({ timestamp }: ChainBlock): number => Math.floor(Date.now() / 1000) - timestamp

function ago(block: ChainBlock): string {
  const seconds = Math.max(0, ageOf(block))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`
}

/** Whether a node answers with something. An interrupt is told by whoever asks next. */
const succeeds = async (answer: Promise<unknown>): Promise<boolean> =>
  await answer.then(
    (value) => value !== null,
    () => false
  )

/** The codes are those of JSON-RPC and of EIP-1474; some nodes have words only. */
function isUnknownMethod(error: unknown): boolean {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown }
  return (
    code === -32601 || code === -32004 || /method.*(?:not|un)|not (?:found|supported|available)/i.test(String(message))
  )
}
