import { inParallel } from '../block/parallel.ts'
import { type Address, type Chain, type Publisher, parsePublisher } from '../document/publisher.ts'
import type { Advance, Progress } from '../options.ts'
import type { Question, Registry } from '../registry/registry.ts'
import { checkedRegistry } from './checked-registry.ts'
import { type Deadline, deadlineIn } from './deadline.ts'
import type { ChainEvidence } from './evidence.ts'
import { gatheredRegistry } from './gathered-registry.ts'
import { questionOf } from './investigate.ts'
import type { Verdict } from './judge.ts'
import { libraryOf, type Named } from './library.ts'
import { type Opening, openAt } from './opening.ts'
import {
  conclude,
  type Home,
  isCanonical,
  lateBytes,
  lateHome,
  nowInSeconds,
  type Reader,
  readHome,
  readSubject,
  type Subject,
  silence,
  TIMEOUT,
  type VerifyOptions,
  type VerifyPorts
} from './verify.ts'

/** One of many: what to verify, and who has to be its publisher where that is more than the policy asks of all. */
export interface OneOfMany extends Subject {
  readonly publishers?: readonly Publisher[] | undefined
}

/** How far the work is: first the bytes of all documents, then what the chains say of them. */
export interface VerifyAdvance extends Advance {
  readonly part: 'bytes' | 'chain'
}

export interface VerifyAllOptions extends VerifyOptions, Progress<VerifyAdvance> {
  /** How many documents are worked on at once. @default 16 */
  readonly lanes?: number | undefined
}

/** The home chain of some of the documents, opened once for all of them. */
interface HomeChain {
  readonly registry: Registry
  readonly open: () => Promise<Opening>
}

/**
 * Judges many documents as `verify` judges each, and answers in their order: all of a chain at one block, with one survey
 * for all that one publisher has there, and one question in the end whether the block still is of the chain. The time-out
 * is for the bytes of each document, and again for what its chain says of it.
 * @throws UNSUPPORTED_RUNTIME where there is no `crypto.subtle`, so that nothing could be judged
 */
export async function verifyAll(
  ports: VerifyPorts,
  subjects: readonly OneOfMany[],
  options: VerifyAllOptions = {}
): Promise<readonly Verdict[]> {
  const { policy, signal, now = nowInSeconds(), timeout = TIMEOUT } = options
  const found = await each('bytes', subjects, options, async (subject, { within }) => {
    const read = await within(
      (limited) => readSubject(ports.sources, subject, limited),
      () => lateBytes(timeout)
    )
    return { subject, ...read }
  })
  const named = found.flatMap((one) => one.named ?? [])
  const homes = homesOf(ports.registries, named, options)
  const reading = { ...ports, registries: homes.map(({ registry }) => registry) }
  const homeOf = (chain: Chain): HomeChain => homes.find(({ registry }) => registry.chain === chain)!
  const reader: Reader = {
    library: libraryOf(ports.sources, { signal }, named),
    open: async ({ chain }) => await homeOf(chain).open(),
    // All are closed together, when everything has been read.
    close: async () => true
  }
  const read = await each('chain', found, options, async ({ subject, named: one }, { within }): Promise<Home> => {
    if (one === undefined) return { chain: undefined }
    return await within(
      (limited) => readHome(reading, reader, one, subject, { policy, now, ...limited }),
      () => lateHome(one, timeout)
    )
  })
  const closing = new Map(await Promise.all(homes.map(async (home) => await close(home, read, options))))
  const verdicts: Verdict[] = []
  for (const [i, { subject, bytes, reading: said }] of found.entries()) {
    const { cid, publishers } = subject
    const chain = closed(read[i]!.chain, closing)
    const asked = publishers === undefined ? policy : { ...policy, publishers }
    verdicts.push(await conclude(ports, { cid, bytes, reading: said, ...read[i]!, chain, now }, asked))
  }
  return verdicts
}

/** Works on each in lanes, each with a time of its own; answers in order and says how far it is. */
async function each<Item, Done>(
  part: VerifyAdvance['part'],
  items: readonly Item[],
  { lanes = 16, timeout = TIMEOUT, signal, onProgress }: VerifyAllOptions,
  work: (item: Item, deadline: Deadline) => Promise<Done>
): Promise<readonly Done[]> {
  const done: Done[] = []
  const total = items.length
  let count = 0
  await inParallel([...items.entries()], lanes, async ([i, item]) => {
    signal?.throwIfAborted()
    const deadline = deadlineIn(timeout, { signal })
    try {
      done[i] = await work(item, deadline)
    } finally {
      deadline.end()
    }
    count += 1
    if (total > 1) onProgress?.({ type: 'advanced', unit: 'documents', part, done: count, total })
  })
  return done
}

/** The pinned registries of the documents' chains, each of which is asked about all of a publisher's at once. */
function homesOf(
  registries: readonly Registry[],
  documents: readonly Named[],
  options: VerifyAllOptions
): readonly HomeChain[] {
  const questions = new Map<Chain, Map<Address, Question[]>>()
  for (const named of documents) {
    const { chain, address } = parsePublisher(named.document.publisher)
    const ofChain = questions.get(chain) ?? new Map<Address, Question[]>()
    const ofPublisher = ofChain.get(address) ?? []
    ofPublisher.push(questionOf(named))
    questions.set(chain, ofChain.set(address, ofPublisher))
  }
  return [...questions].flatMap(([chain, asked]) => {
    const pinned = registries.find((candidate) => candidate.chain === chain)
    if (pinned === undefined) return []
    const registry = gatheredRegistry(checkedRegistry(pinned), asked, options)
    let opening: Promise<Opening> | undefined
    const open = (): Promise<Opening> => {
      opening ??= openAt(registry, options)
      return opening
    }
    return [{ registry, open }]
  })
}

/** Whether the block that everything of a chain was read at is still canonical, or why that cannot be told. */
type Closing = boolean | ChainEvidence

async function close(
  { registry, open }: HomeChain,
  read: readonly Home[],
  options: VerifyAllOptions
): Promise<readonly [Chain, Closing]> {
  const { chain } = registry
  // Where nothing was read at the block, there is nothing to close.
  if (!read.some((home) => home.chain?.chain === chain && 'block' in home.chain)) return [chain, true]
  const { timeout = TIMEOUT, signal } = options
  const deadline = deadlineIn(timeout, { signal })
  try {
    return await deadline.within(
      async (limited): Promise<readonly [Chain, Closing]> => [
        chain,
        await isCanonical(registry, (await open()).block, limited)
      ],
      () => [chain, { chain, silent: `not everything could be read within ${timeout} ms` }]
    )
  } catch (error) {
    signal?.throwIfAborted()
    return [chain, silence(chain, error)]
  } finally {
    deadline.end()
  }
}

function closed(evidence: ChainEvidence | undefined, closing: ReadonlyMap<Chain, Closing>): ChainEvidence | undefined {
  if (evidence === undefined || !('block' in evidence)) return evidence
  const found = closing.get(evidence.chain) ?? false
  return typeof found === 'boolean' ? { ...evidence, canonical: found } : found
}
