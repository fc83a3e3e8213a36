import { setTimeout as sleep } from 'node:timers/promises'
import { HDNodeWallet } from 'ethers'
import type { Wait } from '../../src/archive/wait.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { randomOf } from '../kill/random.ts'
import { openAuthor } from './author.ts'
import { DEEPEST, mining, openReorgChain, type ReorgChain } from './chain.ts'
import { deskOf } from './desk.ts'
import { restoring } from './planted.ts'
import { reading } from './reading.ts'
import { type Faults, shadowOf } from './shadow.ts'
import { violating } from './violation.ts'
import { type Worker, workerAt } from './worker.ts'
import type { Work } from './works.ts'

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

/** What an era did, and how often something was not as it has to be. */
export type EraFigures = Readonly<
  Record<Did | keyof Faults | 'kept' | 'lost' | 'sentTwice' | 'planted' | 'violated', number>
>

type Did =
  | Work['kind']
  | Verdicts
  | 'rounds'
  | 'deepest'
  | 'acts'
  | 'done'
  | 'claims'
  | 'calledFinal'
  | 'dropped'
  | 'restored'
  | 'again'
  | 'below'

type Verdicts = 'verdicts' | 'verified' | 'final' | 'safe' | 'unsafe'

const MOST_MINED = 32
/** Requests that are answered between two changes of the chain, at most. */
const MOST_REQUESTS = 70
const ACTS_A_ROUND = 0.6
/** How often a round is made longer, at most, where less was done. */
const MOST_MORE = 4
const WORKERS = ['ada', 'bob', 'cyd', 'dee', 'eve', 'fay'] as const
const READERS = 2
/** Milliseconds after which an era is not waited for any more. */
const STUCK = 180_000
const KEYS = HDNodeWallet.fromPhrase(
  'test test test test test test test test test test test junk',
  undefined,
  "m/44'/60'/0'/0"
)

/**
 * A chain of its own that is reorganised while it is worked on and read, and in the end done with.
 * @throws Error that tells the seed, the era and the round, whatever went wrong
 */
export async function runEra(plan: EraPlan): Promise<EraFigures> {
  let when = 'at its start'
  const place = (): string => `seed ${plan.seed}, era ${plan.era}, ${when}`
  const over = new AbortController()
  const stuck = sleep(STUCK, undefined, { signal: over.signal }).then(() => {
    throw new Error(`nothing came of it within ${STUCK / 1000} s`)
  })
  const chain = await openReorgChain(plan.early)
  try {
    const living = live(chain, plan, place, (now) => {
      when = now
    })
    return await Promise.race([living, stuck])
  } catch (cause) {
    throw new Error(place(), { cause })
  } finally {
    over.abort()
    stuck.catch(() => undefined)
    await chain.stop()
  }
}

async function live(
  chain: ReorgChain,
  { seed, era, rounds, below }: EraPlan,
  place: () => string,
  enter: (when: string) => void
): Promise<EraFigures> {
  // The registry itself is not to leave the chain.
  await chain.mine(2 * DEEPEST)
  const shadow = shadowOf(chain, place)
  const blocks = memoryBlocks()
  const account = async (i: number) => await openAuthor(chain, blocks, KEYS.deriveChild(i).privateKey)
  const workers: Worker[] = []
  for (const [i, name] of WORKERS.entries()) {
    const [author, second] = [await account(i + 1), await account(i + 1 + WORKERS.length)]
    workers.push(workerAt(deskOf(shadow, { name, author, second }), randomOf(seed, era, 1, i)))
  }
  const found: Record<'kept' | 'lost' | 'planted' | 'violated', string[]> = {
    kept: [],
    lost: [],
    planted: [],
    violated: []
  }

  const random = randomOf(seed, era, 0)
  const stopping = new AbortController()
  const { signal } = stopping
  const cids = () => workers.flatMap(({ desk }) => desk.cids())
  const sure = () => workers.flatMap(({ desk }) => desk.sure)
  const busy = [
    ...workers.map((worker) => worker.work(signal)),
    ...Array.from({ length: READERS }, (_, i) =>
      reading({ chain, shadow, blocks, cids, sure, random: randomOf(seed, era, 2, i) }, signal)
    )
  ]
  const sum = (what: string): number => workers.reduce((all, { desk }) => all + (desk.counts[what] ?? 0), 0)
  let deepest = 0
  const reorganising = async (): Promise<void> => {
    for (let round = 1; round <= rounds; round++) {
      enter(`round ${round}`)
      await chain.mine(1 + random.below(MOST_MINED))
      await chain.pass(random.below(MOST_REQUESTS / 2))
      const depth = 1 + random.below(DEEPEST)
      if (depth === DEEPEST) deepest += 1
      await chain.reorg(depth)
      await chain.pass(random.below(MOST_REQUESTS))
      // A machine that is busy otherwise gets more done between the rounds, not less.
      for (let more = 0; more < MOST_MORE && sum('done') < round * ACTS_A_ROUND; more++) {
        await chain.mine(8)
        await chain.pass(MOST_REQUESTS)
      }
    }
  }
  await Promise.race([reorganising(), Promise.all(busy)])
  stopping.abort()

  enter('when it is mended')
  await mining(
    chain,
    () => 8,
    () => Promise.all(busy)
  )
  // Errors on the way are no faults, for what is not there is done again now; and then once more, when nothing may be sent.
  const mend = async (wait: Wait): Promise<number> => {
    const sent = await mining(
      chain,
      () => 1,
      () => Promise.all(workers.map((worker) => worker.mend(wait)))
    )
    return sent.reduce((sum, one) => sum + one, 0)
  }
  await mend('included')
  await chain.mine(2 * DEEPEST)
  const sentTwice = await mend('final')
  const lost = await Promise.all(workers.map((worker) => worker.lost()))
  found.lost.push(...lost.flat())
  enter('when versions are restored')
  const [first, second] = [workers[0]!, workers[1]!]
  found.planted.push(...(await restoring(chain, first.desk, 2)), ...(await restoring(chain, second.desk, 3)))
  found.kept.push(...shadow.kept())
  for (let round = 1; round <= below; round++) {
    enter(`violation ${round}`)
    found.violated.push(...(await violating(chain, first.desk.author, round)))
  }

  for (const [kind, told] of Object.entries({ ...shadow.faults, ...found })) {
    for (const line of told.slice(0, 5)) console.error(`${kind}: ${line}; seed ${seed}, era ${era}`)
  }
  const { counts, faults } = shadow
  return {
    rounds,
    deepest,
    below,
    acts: sum('acts'),
    done: sum('done'),
    publish: sum('publish'),
    edit: sum('edit'),
    edition: sum('edition'),
    retract: sum('retract'),
    point: sum('point'),
    relay: sum('relay'),
    editor: sum('editor'),
    dropped: sum('dropped'),
    restored: sum('restored'),
    again: chain.recordedAgain(),
    calledFinal: sum('final'),
    ...counts,
    early: faults.early.length,
    notFinal: faults.notFinal.length,
    notCanonical: faults.notCanonical.length,
    notRecorded: faults.notRecorded.length,
    denied: faults.denied.length,
    kept: found.kept.length,
    lost: found.lost.length,
    planted: found.planted.length,
    violated: found.violated.length,
    sentTwice
  }
}
