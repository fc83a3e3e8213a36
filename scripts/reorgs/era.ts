import { setTimeout as sleep } from 'node:timers/promises'
import { HDNodeWallet } from 'ethers'
import type { Wait } from '../../src/archive/wait.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { randomOf } from '../kill/random.ts'
import { openAuthor } from './author.ts'
import { DEEPEST, mining, openReorgChain, type ReorgChain } from './chain.ts'
import { deskOf } from './desk.ts'
import { type EraFigures, type Found, KINDS } from './figures.ts'
import { restoring } from './planted.ts'
import { reading } from './reading.ts'
import { type Shadow, shadowOf } from './shadow.ts'
import { violating } from './violation.ts'
import { type Worker, workerAt } from './worker.ts'

export interface EraPlan {
  readonly seed: number
  /** Which it is; its draws follow from the seed and this. */
  readonly era: number
  readonly rounds: number
  /** How often finality itself is violated in the end. */
  readonly below: number
  /** So many blocks too early the node calls one final: a fault that is planted. @default 0 */
  readonly early?: number | undefined
}

/** An era under way. */
interface Scene {
  readonly plan: EraPlan
  readonly chain: ReorgChain
  readonly shadow: Shadow
  readonly workers: readonly Worker[]
  readonly blocks: ReturnType<typeof memoryBlocks>
  /** Says what comes now. */
  readonly enter: (when: string) => void
}

const MOST_MINED = 32
/** Requests that are answered between two changes of the chain, at most. */
const MOST_REQUESTS = 70
const ACTS_A_ROUND = 0.6
/** How often a round is made longer, at most, where less was done. */
const MOST_MORE = 4
const NAMES = ['ada', 'bob', 'cyd', 'dee', 'eve', 'fay'] as const
const READERS = 2
/** How many faults of a kind are told. */
const MOST_TOLD = 5
/** Milliseconds after which an era is not waited for any more. */
const STUCK = 180_000
const KEYS = HDNodeWallet.fromPhrase(
  'test test test test test test test test test test test junk',
  undefined,
  "m/44'/60'/0'/0"
)

/**
 * A chain of its own that is reorganised while it is worked on and read; then all is mended, and counted.
 * @throws Error that tells the seed, the era and the round, whatever went wrong
 */
export async function runEra(plan: EraPlan): Promise<EraFigures> {
  let when = 'at its start'
  const place = (): string => `seed ${plan.seed}, era ${plan.era}, ${when}`
  const enter = (now: string): void => {
    when = now
  }
  const over = new AbortController()
  const stuck = sleep(STUCK, undefined, { signal: over.signal }).then(() => {
    throw new Error(`nothing came of it within ${STUCK / 1000} s`)
  })
  const opening = openReorgChain(plan.early)
  const living = opening.then(async (chain) => await live(chain, plan, place, enter))
  try {
    return await Promise.race([living, stuck])
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : cause} (${place()})`, { cause })
  } finally {
    over.abort()
    await Promise.allSettled([stuck])
    // Whatever still waits for the chain fails with it.
    living.catch(() => undefined)
    await opening.then(({ stop }) => stop()).catch(() => undefined)
  }
}

async function live(
  chain: ReorgChain,
  plan: EraPlan,
  place: () => string,
  enter: (when: string) => void
): Promise<EraFigures> {
  // The registry itself is not to leave the chain.
  await chain.mine(2 * DEEPEST)
  const shadow = shadowOf(chain, place)
  const blocks = memoryBlocks()
  const workers = await Promise.all(NAMES.map(async (_, i) => await hire(chain, shadow, blocks, plan, i)))
  const scene = { plan, chain, shadow, workers, blocks, enter }
  const deepest = await reorganise(scene)
  const placed = (line: string): string => `${line} (${place()})`

  enter('when all is mended')
  const sentTwice = await mend(scene)
  const lost = (await Promise.all(workers.map((worker) => worker.lost()))).flat().map(placed)
  enter('when versions are restored')
  const [first, second] = workers.map(({ desk }) => desk)
  const planted = [...(await restoring(chain, first!, 2)), ...(await restoring(chain, second!, 3))].map(placed)
  const kept = shadow.kept().map(placed)
  const violated: string[] = []
  for (let round = 1; round <= plan.below; round++) {
    enter(`violation ${round}`)
    violated.push(...(await violating(chain, first!.author, round)).map(placed))
  }

  const found = { kept, lost, planted, violated }
  for (const [kind, told] of Object.entries({ ...shadow.faults, ...found })) {
    for (const line of told.slice(0, MOST_TOLD)) console.error(`${kind}: ${line}`)
  }
  return { ...figuresOf(scene, found), deepest, sentTwice }
}

async function hire(
  chain: ReorgChain,
  shadow: Shadow,
  blocks: ReturnType<typeof memoryBlocks>,
  { seed, era }: EraPlan,
  i: number
): Promise<Worker> {
  const account = async (index: number) => await openAuthor(chain, blocks, KEYS.deriveChild(index).privateKey)
  const [author, second] = [await account(i + 1), await account(i + 1 + NAMES.length)]
  return workerAt(deskOf(shadow, { name: NAMES[i]!, author, second }), randomOf(seed, era, 1, i))
}

/** All the rounds, amid work and reading, until nobody does anything any more. @returns how many were of the full depth */
async function reorganise(scene: Scene): Promise<number> {
  const { plan, chain, shadow, workers, blocks, enter } = scene
  const { seed, era, rounds } = plan
  const random = randomOf(seed, era, 0)
  const stopping = new AbortController()
  const { signal } = stopping
  const cids = () => workers.flatMap(({ desk }) => desk.cids())
  const sure = () => workers.flatMap(({ desk }) => desk.sure)
  const busy = Promise.all([
    ...workers.map((worker) => worker.work(signal)),
    ...Array.from({ length: READERS }, (_, i) =>
      reading({ chain, shadow, blocks, cids, sure, random: randomOf(seed, era, 2, i) }, signal)
    )
  ])
  let deepest = 0
  const inRounds = async (): Promise<void> => {
    for (let round = 1; round <= rounds; round++) {
      enter(`round ${round}`)
      await chain.mine(1 + random.below(MOST_MINED))
      await chain.pass(random.below(MOST_REQUESTS / 2))
      const depth = 1 + random.below(DEEPEST)
      if (depth === DEEPEST) deepest += 1
      await chain.reorg(depth)
      await chain.pass(random.below(MOST_REQUESTS))
      // A machine that is busy otherwise gets as much done between the rounds.
      for (let more = 0; more < MOST_MORE && countOf(workers, 'done') < round * ACTS_A_ROUND; more++) {
        await chain.mine(8)
        await chain.pass(MOST_REQUESTS)
      }
    }
  }
  await Promise.race([inRounds(), busy])
  stopping.abort()
  enter('after the rounds')
  await mining(
    chain,
    () => 8,
    () => busy
  )
  return deepest
}

/**
 * Does again what is not there, for errors on the way are no faults; and then all of it once more, when nothing may be sent.
 * @returns how many transactions that took
 */
async function mend({ chain, workers }: Scene): Promise<number> {
  const again = async (wait: Wait): Promise<number> => {
    const mending = () => Promise.all(workers.map((worker) => worker.mend(wait)))
    const sent = await mining(chain, () => 1, mending)
    return sent.reduce((sum, one) => sum + one, 0)
  }
  await again('included')
  await chain.mine(2 * DEEPEST)
  return await again('final')
}

const countOf = (workers: readonly Worker[], what: string): number =>
  workers.reduce((sum, { desk }) => sum + (desk.counts[what] ?? 0), 0)

function figuresOf(
  { plan: { rounds, below }, chain, shadow: { faults, counts }, workers }: Scene,
  found: Found
): Omit<EraFigures, 'deepest' | 'sentTwice'> {
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, countOf(workers, kind)]))
  const wrong = Object.entries({ ...faults, ...found }).map(([kind, told]) => [kind, told.length])
  return {
    ...(kinds as Pick<EraFigures, (typeof KINDS)[number]>),
    ...(Object.fromEntries(wrong) as Pick<EraFigures, keyof typeof faults | keyof Found>),
    ...counts,
    rounds,
    below,
    acts: countOf(workers, 'acts'),
    done: countOf(workers, 'done'),
    dropped: countOf(workers, 'dropped'),
    restored: countOf(workers, 'restored'),
    recordedAgain: chain.recordedAgain(),
    calledFinal: countOf(workers, 'final')
  }
}
