/**
 * `npm run test:reorgs`: a thousand reorganisations of depth 1 to 64 while three publishers publish, edit, retract and set
 * editors, waiting until that is included, safe or final, and while everything is verified at all three. A shadow knows
 * every block that the chain ever had, and holds each claim and each verdict to it:
 *
 *   early         called final while no block of that height was final yet
 *   notFinal      called final, and another block is final at that height
 *   notCanonical  verified at a block that was on the chain at no time between the question and the verdict
 *   notRecorded   verified at a block under which nothing was recorded that vouches for the document
 *   kept          called final once, and not on the chain in the end
 *   lost          not there exactly once when all of it was done again, or sent again when it was there
 *
 * The chain is changed between two requests of the library and never during one, so each answer is of one version of it.
 * Then finality itself is violated, by reorganisations that reach below the final block: what was final there is no longer
 * called so, and can be published again. `--rounds 1000`, `--below 25`, `--seed`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { HDNodeWallet } from 'ethers'
import type { TrendCid } from '../src/block/cid.ts'
import { memoryBlocks } from '../src/block/memory.ts'
import type { Finality, Registry } from '../src/registry/registry.ts'
import { rpcRegistry } from '../src/registry/rpc.ts'
import { rpcState } from '../src/registry/rpc-state.ts'
import { stateRegistry } from '../src/registry/state-registry.ts'
import { verify } from '../src/verdict/verify.ts'
import { anySeed, randomOf } from './kill/random.ts'
import { openReorgChain } from './reorgs/chain.ts'
import { shadowOf } from './reorgs/shadow.ts'
import { startWorker, type Worker } from './reorgs/work.ts'

const options = { rounds: { type: 'string' }, below: { type: 'string' }, seed: { type: 'string' } } as const
const typed = parseArgs({ options }).values
const rounds = Number(typed.rounds ?? 1_000)
const belowRounds = Number(typed.below ?? 25)
const seed = Number(typed.seed ?? anySeed())
const began = performance.now()

const PHRASE = 'test test test test test test test test test test test junk'
const NAMES = ['ada', 'bob', 'cyd'] as const
const DEEPEST = 64
const FINALITIES: readonly Finality[] = ['final', 'safe', 'unsafe']

const chain = await openReorgChain()
// The registry itself is not to leave the chain.
await chain.mine(2 * DEEPEST)
const shadow = shadowOf(chain)
const blocks = memoryBlocks()
const keys = NAMES.map((_, i) => HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/0/${i + 1}`).privateKey)
const workers = await Promise.all(
  NAMES.map((name, i) => startWorker({ chain, shadow, blocks, key: keys[i]!, name, random: randomOf(seed, i + 1) }))
)
const place = { chain: 'eip155:31337', address: chain.registry } as const
/** Whoever takes a node's word for it, and whoever has it prove what it says. */
const readers = [
  rpcRegistry({ ...place, request: chain.request }),
  stateRegistry({ ...place, state: rpcState({ chain: place.chain, request: chain.request }) })
]

const stopping = new AbortController()
const { signal } = stopping

/** Judges what there is, over and over, as a reader who trusts what the node calls final, safe or latest. */
async function verifying(): Promise<void> {
  const random = randomOf(seed, 100)
  while (!signal.aborted) {
    const cids = workers.flatMap((worker) => worker.documents())
    if (cids.length === 0) await sleep(5)
    else await judge(random.pick(readers), random.pick(cids), random.pick(FINALITIES))
  }
}

async function judge(registry: Registry, cid: TrendCid, finality: Finality): Promise<void> {
  const since = chain.version()
  const verdict = await verify({ sources: [blocks], registries: [registry] }, { cid }, { policy: { finality } })
  shadow.judged(verdict, since)
}

let deepest = 0
async function reorganising(): Promise<void> {
  const random = randomOf(seed, 0)
  for (let round = 1; round <= rounds; round++) {
    await chain.mine(1 + random.below(48))
    await sleep(random.below(12))
    const depth = 1 + random.below(DEEPEST)
    deepest = Math.max(deepest, depth)
    await chain.reorg(depth)
    await sleep(random.below(40))
    if (round % 100 === 0)
      console.error(`${round} reorganisations, ${Math.round((performance.now() - began) / 1000)} s`)
  }
}

/** Mines and does nothing else, so that what is waited for comes. */
async function mining(until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await chain.mine(8)
    await sleep(5)
  }
}

const busy = [...workers.map((worker) => worker.work(signal)), verifying(), verifying()]
await Promise.race([reorganising(), ...busy])
stopping.abort()
const calm = new AbortController()
const miner = mining(calm.signal)
await Promise.all(busy)
// Errors on the way are no faults, for what is not there is done again now; and then once more, when nothing may be sent.
await Promise.all(workers.map(async (worker) => await worker.mend('included')))
const again = await Promise.all(workers.map(async (worker) => await worker.mend('final')))
const sentTwice = again.reduce((sum, sent) => sum + sent, 0)
await chain.look()
const lost = (await Promise.all(workers.map((worker) => worker.lost()))).flat()
const kept = shadow.kept()

calm.abort()
await miner
const violated = await violating(workers[0]!)
await chain.stop()

/** Takes back what is final, and sees that nothing says so any more, and that it can be published again. */
async function violating({ archive }: Worker): Promise<readonly string[]> {
  const faults: string[] = []
  const policy = { finality: 'final' } as const
  for (let round = 1; round <= belowRounds; round++) {
    const draft = { title: `Violated ${round}`, body: 'It was final.', published: '2025-06-01T09:00:00Z' }
    const publishing = async () => {
      const done = new AbortController()
      const mined = mining(done.signal)
      try {
        return await archive.publish([draft], { wait: 'final' })
      } finally {
        done.abort()
        await mined
      }
    }
    const first = await publishing()
    const { cid } = first.steps[0]!.named
    if ((await archive.verify({ cid }, { policy })).status !== 'verified')
      faults.push(`${cid} is final and not verified`)
    const depth = chain.head() - Number(first.receipts[0]!.block.number) + 1
    if (depth <= DEEPEST) faults.push(`${cid} was called final ${depth} blocks below the head`)
    await chain.reorg(depth)
    const { status } = await archive.verify({ cid }, { policy })
    if (status === 'verified') faults.push(`${cid} is gone and verified`)
    const again = await publishing()
    if (!again.steps[0]!.named.cid.equals(cid)) faults.push(`${cid} came again as ${again.steps[0]!.named.cid}`)
    if ((await archive.verify({ cid }, { policy })).status !== 'verified') faults.push(`${cid} came not again`)
  }
  return faults
}

const { faults, counts } = shadow
for (const [kind, told] of Object.entries({ ...faults, kept, lost, violated })) {
  for (const line of told.slice(0, 10)) console.error(`${kind}: ${line}`)
}
const sumOf = (what: string): number => workers.reduce((sum, worker) => sum + (worker.counts[what] ?? 0), 0)
console.error(JSON.stringify(workers.map((worker) => worker.counts)))
const figures = {
  reorgs: rounds,
  deepest,
  acts: sumOf('acts'),
  claims: counts.claims,
  final: sumOf('final'),
  dropped: sumOf('dropped'),
  restored: sumOf('restored'),
  verdicts: {
    all: counts.verdicts,
    verified: counts.verified,
    final: counts.final,
    safe: counts.safe,
    unsafe: counts.unsafe
  },
  early: faults.early.length,
  notFinal: faults.notFinal.length,
  notCanonical: faults.notCanonical.length,
  notRecorded: faults.notRecorded.length,
  kept: kept.length,
  lost: lost.length,
  sentTwice,
  below: belowRounds,
  violated: violated.length,
  seconds: Math.round((performance.now() - began) / 1000),
  seed
}
const held =
  Object.values(faults).every((told) => told.length === 0) &&
  kept.length + lost.length + violated.length + sentTwice === 0 &&
  counts.verified > 0 &&
  figures.final > 0
console.log(JSON.stringify(figures))
process.exitCode = held ? 0 : 1
