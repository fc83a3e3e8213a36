import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { isArchiveError } from '../../src/errors.ts'
import { memoryChain } from '../../src/registry/memory.ts'
import { refOf } from '../../src/registry/ref.ts'
import { type ChainBlock, NONE, type RegistryCall } from '../../src/registry/registry.ts'
import { keyOf, leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from './evm.ts'
import { evmWorld, memoryWorld, type World } from './world.ts'

const evm = await openHardhat()
afterAll(evm.close)

const START = 4_000_000_000
const word = (byte: string): Bytes32 => `0x${byte.repeat(32)}`
const DIGESTS = [word('d1'), word('d2'), word('d3')]
const REFS = [refOf('a'), refOf('b')]
const TREES = [NONE, word('7e')]
const NODES = DIGESTS.flatMap((digest) => TREES.map((tree) => keyOf(digest, tree)))
const ROLES = ['publisher', 'editor', 'stranger'] as const
type Role = (typeof ROLES)[number]

const REFUSALS = ['StaleParent', 'AlreadyRecorded', 'NotEditor', 'ZeroRef', 'ZeroDigest', 'Expired', 'BadSignature']

interface Move {
  readonly of: Role
  readonly ref: Bytes32
  readonly digest: Bytes32
  readonly tree: Bytes32
  readonly parent: 'current' | Bytes32
}

/** A call that is yet to learn who the accounts are, what the refs name and what time it is. */
type Plan =
  | ({ readonly verb: 'publish' | 'point' } & Move)
  | ({ readonly verb: 'publishFor'; readonly editor: Role; readonly signer: Role; readonly left: number } & Move)
  | { readonly verb: 'retract'; readonly node: Bytes32 }
  | { readonly verb: 'setEditor'; readonly of: Role; readonly left: number | 'none' }

interface Step {
  readonly by: Role
  readonly wait: number
  readonly plans: readonly Plan[]
}

const usually = <Value>(common: readonly Value[], rare: readonly Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...common) }, { weight: 1, arbitrary: fc.constantFrom(...rare) })
const move = {
  of: usually<Role>(['publisher'], ['editor']),
  ref: usually(REFS, [NONE]),
  digest: usually(DIGESTS, [NONE]),
  tree: fc.constantFrom(...TREES),
  parent: usually<'current' | Bytes32>(['current'], [NONE, ...DIGESTS])
}
const plan: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ verb: fc.constantFrom('publish' as const, 'point' as const), ...move }) },
  {
    weight: 3,
    arbitrary: fc
      .record({ ...move, signer: usually<Role>(['publisher', 'editor'], ['stranger']), left: fc.nat(9) })
      .chain(({ signer, ...rest }) =>
        usually<Role>([signer], [...ROLES]).map((editor): Plan => ({ verb: 'publishFor', signer, editor, ...rest }))
      )
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('retract' as const), node: fc.constantFrom(...NODES) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant('setEditor' as const),
      of: usually<Role>(['editor'], ['publisher', 'stranger']),
      left: fc.oneof(fc.integer({ min: -4, max: 8 }), fc.constant('none' as const))
    })
  }
)
const step: fc.Arbitrary<Step> = fc.record({
  by: usually<Role>(['publisher', 'editor'], ['stranger']),
  wait: fc.integer({ min: 1, max: 3 }),
  plans: fc.oneof(fc.array(plan, { minLength: 1, maxLength: 1 }), fc.array(plan, { minLength: 2, maxLength: 4 }))
})

/** What a step did, in words that do not depend on who ran it. */
async function take(world: World, { by, plans }: Step, time: number): Promise<unknown> {
  await world.at(time)
  const at = await world.reader.block('latest')
  const calls = await Promise.all(plans.map(async (one) => await toCall(world, one, at, time)))
  try {
    await world[by].send(calls)
    return 'done'
  } catch (error) {
    if (!isArchiveError(error, 'REGISTRY_REJECTED')) throw error
    return { reason: error.details.reason, args: error.details.args }
  }
}

async function toCall(world: World, one: Plan, at: ChainBlock, time: number): Promise<RegistryCall> {
  const { verb } = one
  if (verb === 'retract') return one
  const account = world[one.of].account
  if (verb === 'setEditor') {
    return { verb, editor: account, until: one.left === 'none' ? 0n : BigInt(time + one.left) }
  }
  const { ref, digest, tree } = one
  const parent = one.parent === 'current' ? ((await world.reader.head(account, ref, at)) ?? NONE) : one.parent
  const moved = { publisher: account, ref, digest, parent }
  if (one.verb === 'publishFor') {
    // Nine in ten are in time.
    const message = { ...moved, tree, editor: world[one.editor].account, deadline: BigInt(time + one.left - 1) }
    return { verb: one.verb, ...message, signature: await world.sign(world[one.signer], message) }
  }
  return one.verb === 'point' ? { verb: one.verb, ...moved } : { verb: one.verb, ...moved, tree }
}

async function stateOf({ reader, ...world }: World, at: ChainBlock): Promise<unknown> {
  const accounts: readonly Address[] = ROLES.map((one) => world[one].account)
  return await Promise.all(
    accounts
      .slice(0, 2)
      .flatMap((publisher) => [
        ...DIGESTS.flatMap((digest) => [
          reader.record(publisher, digest, [], at),
          reader.record(publisher, digest, [TREES[1]!], at),
          reader.notice(publisher, digest, at)
        ]),
        ...[NONE, ...REFS].map((ref) => reader.head(publisher, ref, at)),
        ...accounts.map((editor) => reader.editorUntil(publisher, editor, at))
      ])
  )
}

test('the twin and the contract answer every sequence of calls alike', async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      const real = await evmWorld(evm, (_, { ...reader }) => reader)
      const twin = memoryWorld(START - 1000, evm.wallets)
      let time = START
      const moments: (readonly [ChainBlock, ChainBlock])[] = []
      for (const taken of steps) {
        time += taken.wait
        const [expected, actual] = [await take(real, taken, time), await take(twin, taken, time)]
        expect(actual, JSON.stringify(taken)).toEqual(expected)
        const reason = typeof expected === 'string' ? expected : (expected as { reason: string }).reason
        seen.set(reason, (seen.get(reason) ?? 0) + 1)
        moments.push([await real.reader.block('latest'), await twin.reader.block('latest')])
      }
      for (const [there, here] of [moments[moments.length >> 1]!, moments.at(-1)!]) {
        expect(await stateOf(twin, here)).toEqual(await stateOf(real, there))
      }
    }),
    { numRuns: 60, seed: 20261124 }
  )
  // A generator that never gets anywhere would agree about nothing.
  for (const reason of ['done', ...REFUSALS]) {
    expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(3)
  }
})

describe('the twin', () => {
  test('relays nothing unless it is told how signatures are checked', async () => {
    const account = memoryChain().as(`0x${'a1'.repeat(20)}`)
    const message = { publisher: account.account, editor: account.account, ref: NONE, digest: DIGESTS[0]! }
    const call: RegistryCall = {
      ...{ verb: 'publishFor', ...message, parent: NONE, tree: NONE },
      ...{ deadline: 2n ** 40n, signature: '0x' }
    }
    const refusal = expect.objectContaining({ code: 'INVALID_OPTION' })
    await expect(account.send([call])).rejects.toEqual(refusal)
    await expect(account.send([{ ...call, deadline: 1n }])).rejects.toMatchObject({ details: { reason: 'Expired' } })
  })

  test('lags with its finalized block as far as it is told to', async () => {
    const chain = memoryChain({ lag: 2 })
    const reader = chain.as(`0x${'a1'.repeat(20)}`)
    expect((await reader.block('finalized')).number).toBe(0n)
    chain.mine(5)
    expect(await reader.block('finalized')).toMatchObject({ number: 3n, finality: 'final' })
    expect(await reader.block('safe')).toMatchObject({ number: 3n, finality: 'safe' })
    expect(await reader.block(3n)).toMatchObject({ finality: 'final' })
    expect(await reader.block(4n)).toMatchObject({ finality: 'unsafe' })
  })

  test('does not care how an address is spelled', async () => {
    const [shouted, spoken] = [`0x${'AB'.repeat(20)}`, `0x${'ab'.repeat(20)}`] as const
    const account = memoryChain().as(shouted)
    expect(account.account).toBe(spoken)
    await account.send([
      { verb: 'publish', publisher: shouted, ref: NONE, digest: DIGESTS[0]!, parent: NONE, tree: NONE }
    ])
    const at = await account.block('latest')
    expect(await account.record(spoken, DIGESTS[0]!, [], at)).toMatchObject({ editor: spoken, retractedAt: 0 })
    expect(await account.notice(shouted, DIGESTS[0]!, at)).toBeUndefined()
  })

  test('forgets what a reorganisation took, and never gives a hash out twice', async () => {
    const chain = memoryChain()
    const account = chain.as(`0x${'a1'.repeat(20)}`)
    await account.send([{ verb: 'retract', node: leafOf(DIGESTS[0]!) }])
    const lost = await account.block('latest')
    chain.reorg(1)
    const found = await account.block(lost.number)
    expect(found.hash).not.toBe(lost.hash)
    expect(await account.record(account.account, DIGESTS[0]!, [], found)).toMatchObject({ retractedAt: 0 })
    expect(() => chain.reorg(2)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
