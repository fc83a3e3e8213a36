/**
 * `npm run test:mutations`: a real chain behind real HTTP servers that change one field after the other of every answer
 * that a verification gets – one of three nodes in a quorum, every node below proofs against a block hash, a node alone –
 * and sees that no lie is taken for the truth. Ends with one line of figures, and with 1 where one of them is missed.
 */

import type { Bytes32, TrendCid } from '../src/block/cid.ts'
import type { Verdict } from '../src/verdict/judge.ts'
import { verify } from '../src/verdict/verify.ts'
import { openHardhat } from '../test/registry/evm.ts'
import { elsewhere, type Surroundings } from './mutations/elsewhere.ts'
import { type Change, changesAt, KINDS, type Kind, pathsIn } from './mutations/mutate.ts'
import { type Call, keyOf, type Node, openNode, remembering } from './mutations/nodes.ts'
import { MODES, type Mode, type Place } from './mutations/readers.ts'
import { type Story, tell } from './mutations/story.ts'

export interface MutationOptions {
  /** Every how many-th lie is told. */
  readonly stride: number
  readonly seed: number
  /** @default all */
  readonly modes?: readonly Mode[] | undefined
  /** Whom lies are told about. @default all */
  readonly subjects?: readonly string[] | undefined
  /** Which lies are told. @default all */
  readonly kinds?: readonly (Kind | 'error')[] | undefined
}

/** What became of the lies told in one way of reading. */
export interface Tally {
  readonly lies: number
  /** Verdicts that were `verified` and should not have been, or with other facts. */
  readonly believed: readonly string[]
  /** Those of them that did not even name who told the lie. */
  readonly unnamed: readonly string[]
  readonly exceptions: readonly string[]
  readonly late: readonly string[]
  readonly slowest: number
  /** Lies for which nobody asked after all. */
  readonly untold: number
}

export interface Mutations {
  readonly of: Readonly<Partial<Record<Mode['name'], Tally>>>
  readonly kinds: ReadonlyMap<Kind | 'error', number>
  /** The honest verdict on every subject. */
  readonly honest: Readonly<Record<string, string>>
  /** Whether every lie was told. */
  readonly isWhole: boolean
}

interface Lie {
  readonly subject: Story['subjects'][number]
  readonly key: string
  readonly change: Change | 'error'
}

const LANES = 3
const TIMEOUT = 3_000
const SLACK = 1_000

/** What a reader of a verdict relies on. */
const factsOf = ({ status, standing, publisher, recorded, successor }: Verdict): string =>
  JSON.stringify({
    ...{ status, standing, publisher, successor: successor && String(successor) },
    recorded: recorded && { ...recorded.record, root: String(recorded.root) }
  })

/** Numbers that are the same in every run. */
function drawn(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff
    return state / 0x80_00_00_00
  }
}

export async function mutations({
  stride,
  seed,
  modes = MODES,
  subjects,
  kinds: chosen
}: MutationOptions): Promise<Mutations> {
  const evm = await openHardhat()
  const story = await tell(evm)
  const ask = remembering(evm.request)
  const { hash: blockHash } = (await ask({ method: 'eth_getBlockByNumber', params: ['latest', false] })) as {
    hash: Bytes32
  }
  const place: Place = { address: evm.address, blockHash }
  const lanes = await Promise.all(
    Array.from({ length: LANES }, async () => await Promise.all([0, 1, 2].map(async () => await openNode(ask))))
  )
  const kinds = new Map<Kind | 'error', number>([...KINDS, 'error' as const].map((kind) => [kind, 0]))
  const honest: Record<string, string> = {}
  const tallies: Partial<Record<Mode['name'], Tally>> = {}
  try {
    for (const mode of modes) {
      const judge = async (nodes: readonly Node[], cid: TrendCid): Promise<Verdict> => {
        const registry = mode.open(
          nodes.slice(0, mode.nodes).map(({ url }) => url),
          place
        )
        return await verify({ sources: [story.blocks], registries: [registry] }, { cid }, { timeout: TIMEOUT })
      }
      const { lies, truths } = await plan(mode, story, { judge, nodes: lanes[0]!, ask, random: drawn(seed) })
      const wanted = lies.filter(
        ({ subject, change }) =>
          (subjects?.includes(subject.name) ?? true) && (chosen?.includes(kindOf(change)) ?? true)
      )
      const told = wanted.filter((_, i) => i % stride === 0)
      for (const { change } of told) {
        const kind = kindOf(change)
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      }
      for (const [name, verdict] of truths)
        honest[`${mode.name}: ${name}`] = `${verdict.status}, ${verdict.standing ?? 'no standing'}`
      tallies[mode.name] = await tellAll(told, { lanes, judge, truths })
    }
  } finally {
    for (const node of lanes.flat()) node.close()
    await evm.close()
  }
  return {
    of: tallies,
    kinds,
    honest,
    isWhole: stride === 1 && [subjects, chosen].every((one) => one === undefined) && modes === MODES
  }
}

interface Planning {
  readonly judge: (nodes: readonly Node[], cid: TrendCid) => Promise<Verdict>
  readonly nodes: readonly Node[]
  readonly ask: (call: Call) => Promise<unknown>
  readonly random: () => number
}

/** The honest verdicts, and every lie that can be told in place of what they rest on. */
async function plan(mode: Mode, story: Story, { judge, nodes, ask, random }: Planning) {
  const truths = new Map<string, Verdict>()
  const asked = new Map<string, readonly Call[]>()
  const [first] = nodes
  for (const { name, cid } of story.subjects) {
    first!.asked = new Map()
    truths.set(name, await judge(nodes, cid))
    asked.set(name, [...first!.asked.values()])
  }
  const older = story.heights.map((height) => `0x${(height - 1n).toString(16)}`)
  const headers = await Promise.all(
    ['0x0', ...older].map((at) => ask({ method: 'eth_getBlockByNumber', params: [at, false] }))
  )
  const olderHashes = headers.map((header) => (header as { readonly hash: string }).hash)
  const lies: Lie[] = []
  for (const subject of story.subjects) {
    const otherCalls = story.subjects.filter((other) => other !== subject).flatMap(({ name }) => asked.get(name)!)
    const around: Surroundings = { ...story, ask, olderHashes, otherCalls }
    for (const call of asked.get(subject.name)!) {
      const answer = await ask(call)
      const others = await elsewhere(call, around)
      const changes = pathsIn(answer).flatMap((path) => changesAt(answer, path, others, random))
      const key = keyOf(call)
      lies.push({ subject, key, change: 'error' }, ...changes.map((change) => ({ subject, key, change })))
    }
  }
  if (lies.length === 0) throw new Error(`nothing was asked by ${mode.name}`)
  return { lies, truths }
}

interface Telling {
  readonly lanes: readonly (readonly Node[])[]
  readonly judge: Planning['judge']
  readonly truths: ReadonlyMap<string, Verdict>
}

async function tellAll(lies: readonly Lie[], { lanes, judge, truths }: Telling): Promise<Tally> {
  const [believed, unnamed, exceptions, late]: string[][] = [[], [], [], []]
  let [slowest, untold] = [0, 0]
  const queue = lies.values()
  const work = async (nodes: readonly Node[]): Promise<void> => {
    for (const lie of queue) {
      const [liar] = nodes
      Object.assign(liar!, { lie, told: 0 })
      const start = performance.now()
      try {
        const verdict = await judge(nodes, lie.subject.cid)
        if (verdict.status === 'verified' && factsOf(verdict) !== factsOf(truths.get(lie.subject.name)!)) {
          believed!.push(inWords(lie))
          const { host } = new URL(liar!.url)
          if (!verdict.trusted.some((whom) => whom.includes(host))) unnamed!.push(inWords(lie))
        }
      } catch (error) {
        exceptions!.push(`${inWords(lie)}: ${String(error)}`)
      }
      if (liar!.told === 0) untold++
      liar!.lie = undefined
      const milliseconds = performance.now() - start
      slowest = Math.max(slowest, milliseconds)
      if (milliseconds > TIMEOUT + SLACK) late!.push(inWords(lie))
    }
  }
  await Promise.all(lanes.map(work))
  return {
    lies: lies.length,
    believed: believed!,
    unnamed: unnamed!,
    exceptions: exceptions!,
    late: late!,
    slowest,
    untold
  }
}

const kindOf = (change: Lie['change']): Kind | 'error' => (change === 'error' ? change : change.kind)

function inWords({ subject, key, change }: Lie): string {
  const what =
    change === 'error'
      ? 'an error'
      : `${change.kind} at $.${change.path.join('.')}: ${String(JSON.stringify(change.value)).slice(0, 90)}`
  return `${subject.name}, ${key.slice(0, 160)}, ${what}`
}

/** What does not hold, in words; nothing where all does. */
export function missedBy({ of, kinds, honest, isWhole }: Mutations, modes = MODES): readonly string[] {
  const statuses = new Set(Object.values(honest))
  return [
    ...modes.flatMap(({ name, isSafe }) => {
      const { lies, believed, unnamed, exceptions, late, untold } = of[name] ?? NONE_TOLD
      const wrong = isSafe ? believed : unnamed
      const told = [...wrong.map((lie) => `believed: ${lie}`), ...exceptions, ...late.map((lie) => `late: ${lie}`)]
      return [
        ...(lies === untold ? ['no lie was told'] : []),
        ...(untold > lies / 50 ? [`${untold} of ${lies} lies were not told`] : []),
        ...told
      ].map((what) => `${name}: ${what}`)
    }),
    // Lies that nobody can fall for would be a test of nothing.
    ...(isWhole && of.single?.believed.length === 0 ? ['a node alone was never believed'] : []),
    ...[...kinds].filter(([, count]) => isWhole && count === 0).map(([kind]) => `no ${kind} was told`),
    ...(statuses.size < 4 ? [`the honest verdicts are only ${[...statuses].join('; ')}`] : [])
  ]
}

const NONE_TOLD: Tally = { lies: 0, believed: [], unnamed: [], exceptions: [], late: [], slowest: 0, untold: 0 }

function lineOf({ of }: Mutations, seconds: number): string {
  const all = Object.values(of)
  const sum = (count: (tally: Tally) => number): number => all.reduce((total, tally) => total + count(tally), 0)
  const safe = MODES.filter(({ isSafe }) => isSafe)
  const told = MODES.map(({ name }) => `${name} ${of[name]?.lies}`).join(', ')
  const { believed, unnamed } = of.single ?? NONE_TOLD
  return (
    `mutations: ${safe.reduce((total, { name }) => total + (of[name] ?? NONE_TOLD).believed.length, 0)} false verified of ${sum(({ lies }) => lies)} lies (${told}); ` +
    `a node alone was believed ${believed.length} times, unnamed ${unnamed.length}; ` +
    `${sum(({ exceptions }) => exceptions.length)} exceptions, ${sum(({ late }) => late.length)} late, ` +
    `slowest ${Math.round(Math.max(...all.map(({ slowest }) => slowest)))} ms; ${seconds} s`
  )
}

if (import.meta.main) {
  const stride = process.argv.includes('--quick') ? 20 : 1
  const found = await mutations({ stride, seed: 12_345 })
  for (const [name, verdict] of Object.entries(found.honest)) console.log(`${name}: ${verdict}`)
  for (const [kind, count] of found.kinds) console.log(`${String(count).padStart(7)}  ${kind}`)
  const missed = missedBy(found)
  for (const what of missed.slice(0, 50)) console.error(what)
  console.log(lineOf(found, Math.round(performance.now() / 1000)))
  process.exitCode = missed.length === 0 ? 0 : 1
}
