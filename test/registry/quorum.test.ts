import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { memoryChain } from '../../src/registry/memory.ts'
import { quorumRegistry, usualQuorum } from '../../src/registry/quorum.ts'
import { refOf } from '../../src/registry/ref.ts'
import { type ChainBlock, NONE, type Registry } from '../../src/registry/registry.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { describeRegistry, START } from '../behaviour/registry.ts'
import { openHardhat } from './evm.ts'
import { deadUrl, serveRpc } from './server.ts'
import { type Account, evmWorld, memoryWorld } from './world.ts'

const CHAIN = 'eip155:31337'
const REF = refOf('a-trend')
const DIGEST: Bytes32 = `0x${'5'.repeat(64)}`

const evm = await openHardhat()
afterAll(evm.close)

/** Readers of three hosts, each a node of its own in front of one chain. */
const overHttp = async (address: Address): Promise<readonly Registry[]> =>
  await Promise.all(
    [0, 1, 2].map(async () => {
      const { url } = await serveRpc(async (method, params) => await evm.request({ method, params }))
      return rpcRegistry({ chain: CHAIN, address, request: httpRequest(url) })
    })
  )

const named = (reader: Registry, trust: string): Registry => ({ ...reader, trust })
const silent: Registry['block'] = () => new Promise(() => {})

const inMemory = () => {
  const world = memoryWorld(START - 1000, evm.wallets)
  return {
    ...world,
    reader: quorumRegistry(
      ['a', 'b', 'c'].map((name) => named(world.reader, name)),
      { agree: 2 }
    )
  }
}

describeRegistry('a quorum of three readers in memory', async () => inMemory())
describeRegistry('a quorum of three nodes', async () => {
  const readers = await overHttp(evm.address)
  return await evmWorld(evm, () => quorumRegistry(readers, { agree: 3 }))
})
describeRegistry('a quorum of three nodes, one of them dead', async () => {
  const [first, second] = await overHttp(evm.address)
  const dead = rpcRegistry({ chain: CHAIN, address: evm.address, request: httpRequest(await deadUrl()) })
  return await evmWorld(evm, () => quorumRegistry([dead, first!, second!], { agree: 2 }))
})

/** A chain of ten blocks and three readers of it, each to be told to say something else. */
interface Three {
  readonly account: Account
  readonly chain: ReturnType<typeof memoryChain>
  readonly of: (
    changes: readonly (Partial<Registry> | undefined)[],
    options?: { readonly agree?: number; readonly grace?: number }
  ) => Registry
}

let three: Three
beforeEach(async () => {
  const chain = memoryChain({ now: () => START, lag: 2 })
  const account = chain.as('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')
  chain.mine(5)
  const call = {
    verb: 'publish',
    publisher: account.account,
    ref: REF,
    digest: DIGEST,
    parent: NONE,
    tree: NONE
  } as const
  await account.send([call])
  chain.mine(4)
  three = {
    account,
    chain,
    of: (changes, { agree = 2, grace = 40 } = {}) =>
      quorumRegistry(
        ['a', 'b', 'c'].map((name, i) => ({ ...account, trust: `rpc:${name}.example`, ...changes[i] })),
        { agree, grace }
      )
  }
})

const recordOf = async (registry: Registry) =>
  await registry.record(three.account.account, DIGEST, [], await three.account.block('latest'))
const lying: Partial<Registry> = {
  record: async () => ({ publishedAt: 1, retractedAt: 0, editor: three.account.account })
}
const failing = (error: unknown = new Error('down')): Partial<Registry> => {
  const fail = () => Promise.reject(error)
  return { block: fail, record: fail, keyed: fail, head: fail, notice: fail, survey: fail, editorUntil: fail }
}
const hanging = { block: silent, record: silent as never, head: silent as never }
const at =
  (number: bigint, more: Partial<ChainBlock> = {}): Registry['block'] =>
  async (asked) => ({
    ...(await three.account.block(typeof asked === 'bigint' ? asked : number)),
    ...(typeof asked !== 'bigint' && more)
  })

describe('a quorum', () => {
  test('says whom it trusts, and how many have to agree', () => {
    expect(three.of([])).toMatchObject({
      trust: '2-of-3 rpc (a.example, b.example, c.example)',
      mode: 'quorum',
      readers: 2,
      chain: CHAIN
    })
    expect(three.of([], { agree: 1 })).toMatchObject({ mode: 'rpc', readers: 1 })
    expect([1, 2, 3, 4, 5].map(usualQuorum)).toEqual([1, 2, 2, 3, 4])
  })

  test.each([
    ['no readers', () => quorumRegistry([], { agree: 1 })],
    ['more than there are', () => three.of([], { agree: 4 })],
    ['none', () => three.of([], { agree: 0 })],
    ['half of one', () => three.of([], { agree: 1.5 })],
    ['readers of two chains', () => three.of([{ chain: 'eip155:1' }])],
    ['readers of two registries', () => three.of([{ address: `0x${'1'.repeat(40)}` }])],
    ['two of one host, which are one voice', () => three.of([{ trust: 'rpc:b.example' }])],
    ['two of one host with a dot', () => three.of([{ trust: 'rpc:b.example.' }])]
  ])('refuses %s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  test('names who said what when one of three says something else, and never outvotes it', async () => {
    for (const agree of [1, 2, 3]) {
      await expect(recordOf(three.of([undefined, lying], { agree }))).rejects.toMatchObject({
        code: 'REGISTRY_DISAGREES',
        details: {
          question: `the record of ${DIGEST} under ${three.account.account}`,
          answers: [
            { reader: 'a.example', answer: expect.stringMatching(/^published in second \d+ by/) },
            { reader: 'b.example', answer: expect.stringMatching(/^published in second 1 by/) },
            { reader: 'c.example', answer: expect.stringMatching(/^published in second \d+ by/) }
          ]
        }
      })
    }
  })

  test('takes it for an answer when a reader says that there is no registry', async () => {
    const { code: _, ...rest } = await rpcRegistry({
      chain: CHAIN,
      address: `0x${'1'.repeat(40)}`,
      request: evm.request
    })
      .head(
        three.account.account,
        REF,
        await rpcRegistry({ chain: CHAIN, address: evm.address, request: evm.request }).block('latest')
      )
      .then(
        () => expect.fail('there is one'),
        (error) => error
      )
    const none = Object.assign(new Error('no code'), { name: 'ArchiveError', code: 'REGISTRY_UNAVAILABLE', ...rest })
    expect(rest.details.reason).toBe('no code')
    await expect(recordOf(three.of([failing(none)]))).rejects.toMatchObject({ code: 'REGISTRY_DISAGREES' })
    const all = three.of([failing(none), failing(none), failing(none)])
    await expect(recordOf(all)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', details: { reason: 'no code' } })
  })

  test('goes on without a reader that is dead, and names those that are missing when they are too many', async () => {
    expect((await recordOf(three.of([failing()]))).publishedAt).toBeGreaterThanOrEqual(START)
    await expect(recordOf(three.of([failing(), undefined, failing()]))).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringMatching(/1 of 2 answered .*a\.example: down; c\.example: down/)
    })
  })

  test('waits for a reader that hangs for a grace once, and for a tenth of it from then on', async () => {
    const registry = three.of([hanging], { grace: 300 })
    const timed = async () => {
      const start = performance.now()
      await recordOf(registry)
      return performance.now() - start
    }
    const [first, second] = [await timed(), await timed()]
    expect(first).toBeGreaterThan(280)
    expect(first).toBeLessThan(900)
    expect(second).toBeLessThan(200)
  })

  test('hears a reader that contradicts within the grace', async () => {
    const late: Partial<Registry> = {
      record: async () => {
        await sleep(20)
        return { publishedAt: 1, retractedAt: 0, editor: three.account.account }
      }
    }
    await expect(recordOf(three.of([late], { grace: 500 }))).rejects.toMatchObject({ code: 'REGISTRY_DISAGREES' })
  })

  test('tells readers that are not waited for any more to stop', async () => {
    let stopped = false
    const heeding: Partial<Registry> = {
      head: (_, __, ___, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => {
            stopped = true
            reject(options.signal?.reason)
          })
        })
    }
    const registry = three.of([heeding])
    expect(await registry.head(three.account.account, REF, await three.account.block('latest'))).toBe(DIGEST)
    expect(stopped).toBe(true)
  })

  test('stops when told to, though nobody answers', async () => {
    const waiting = three.of([hanging, hanging, hanging]).block('latest', { signal: AbortSignal.timeout(20) })
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(three.of([]).block('latest', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError'
    })
  })

  test('tells which of many documents readers disagree about', async () => {
    const other: Partial<Registry> = {
      survey: async (...args) =>
        (await three.account.survey(...args)).with(1, { ...(await three.account.survey(...args))[1]!, head: undefined })
    }
    const questions = [NONE, DIGEST, NONE].map((digest) => ({ digest, ref: REF }))
    const asking = three
      .of([undefined, undefined, other])
      .survey(three.account.account, questions, await three.account.block('latest'))
    await expect(asking).rejects.toMatchObject({
      code: 'REGISTRY_DISAGREES',
      details: {
        question: `what is named beside ${DIGEST} under ${three.account.account}`,
        answers: [{ answer: DIGEST }, { answer: DIGEST }, { reader: 'c.example', answer: 'nothing' }]
      }
    })
  })
})

describe('the block of a quorum', () => {
  test('is the highest that enough of the readers have reached', async () => {
    const registry = three.of([{ block: at(7n) }, { block: at(6n) }, { block: at(5n) }])
    expect(await registry.block('finalized')).toEqual({ ...(await three.account.block(6n)), finality: 'final' })
    expect(await registry.block('latest')).toMatchObject({ number: 6n, finality: 'unsafe' })
    const all = three.of([{ block: at(7n) }, { block: at(6n) }, { block: at(5n) }], { agree: 3 })
    expect(await all.block('finalized')).toMatchObject({ number: 5n })
  })

  test('is not made higher by one that boasts, nor lower by one that is frozen', async () => {
    const boasting: Registry['block'] = async (asked) => {
      if (typeof asked === 'bigint') return await three.account.block(asked)
      return { number: 10n ** 12n, hash: DIGEST, timestamp: START, finality: 'final' }
    }
    expect(await three.of([{ block: boasting }]).block('finalized')).toMatchObject({ number: 8n })
    expect(await three.of([{ block: at(1n) }]).block('finalized')).toMatchObject({ number: 8n })
  })

  test.each(['finalized', 'safe'] as const)('is in dispute where %s blocks of one height are two', async (tag) => {
    await expect(three.of([{ block: at(8n, { hash: DIGEST }) }]).block(tag)).rejects.toMatchObject({
      code: 'REGISTRY_DISAGREES',
      details: { question: `the ${tag} block, at height 8` }
    })
    await expect(three.of([{ block: at(8n, { timestamp: 1 }) }]).block(tag)).rejects.toMatchObject({
      code: 'REGISTRY_DISAGREES'
    })
  })

  test('is in dispute where one that is behind is on another chain', async () => {
    const forked: Registry['block'] = async (asked) => {
      if (typeof asked === 'bigint' && asked > 4n) return await Promise.reject(new Error('unknown'))
      return { ...(await three.account.block(4n)), hash: DIGEST }
    }
    await expect(three.of([{ block: forked }]).block('finalized')).rejects.toMatchObject({ code: 'REGISTRY_DISAGREES' })
  })

  test('is denied by one that is behind and knows it under another hash', async () => {
    const behind: Registry['block'] = async (asked) => {
      if (typeof asked !== 'bigint') return await three.account.block(4n)
      return { ...(await three.account.block(asked)), ...(asked > 4n && { hash: DIGEST }) }
    }
    await expect(three.of([{ block: behind }]).block('finalized')).rejects.toMatchObject({ code: 'REGISTRY_DISAGREES' })
  })

  test('is below the tips where these differ, and in dispute where they differ far down', async () => {
    const forkedAt =
      (height: bigint): Registry['block'] =>
      async (asked) => {
        const block = await three.account.block(asked)
        return block.number >= height ? { ...block, hash: DIGEST } : block
      }
    expect(await three.of([{ block: forkedAt(9n) }]).block('latest')).toMatchObject({ number: 8n, finality: 'unsafe' })
    three.chain.mine(20)
    await expect(three.of([{ block: forkedAt(9n) }]).block('latest')).rejects.toMatchObject({
      code: 'REGISTRY_DISAGREES'
    })
  })

  test('of a height is as final as enough of the readers say', async () => {
    const says = (finality: ChainBlock['finality']): Partial<Registry> => ({
      block: async (asked) => ({ ...(await three.account.block(asked)), finality })
    })
    const of = async (agree: number) =>
      await three.of([says('final'), says('safe'), says('unsafe')], { agree }).block(3n)
    expect([await of(1), await of(2), await of(3)].map(({ finality }) => finality)).toEqual(['final', 'safe', 'unsafe'])
  })

  test('that nobody knows is unknown', async () => {
    await expect(three.of([]).block(10_000n)).rejects.toMatchObject({ details: { reason: 'unknown block' } })
  })
})
