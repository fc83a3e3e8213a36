import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { AbiCoder } from 'ethers'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { anvilBinary } from '../../scripts/dev-chain.ts'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { selectors } from '../../src/registry/abi.ts'
import { CODE_DIGEST, PROXY } from '../../src/registry/bytecode.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { decodeMulticall, encodeMulticall } from '../../src/registry/multicall.ts'
import { refOf } from '../../src/registry/ref.ts'
import { type ChainBlock, NONE, type Question, type Registry, type Survey } from '../../src/registry/registry.ts'
import type { Request } from '../../src/registry/request.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { readAnswer, readSurveys } from '../../src/registry/survey.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openAnvil } from './anvil.ts'
import { type Evm, openHardhat } from './evm.ts'
import { asksForCode } from './server.ts'

const CHAIN = 'eip155:31337'
const PUBLISHER: Address = `0x${'ab'.repeat(20)}`
const digest = (n: number): Bytes32 => `0x${n.toString(16).padStart(64, '7')}`
const unreadable = (reason: string): object =>
  expect.objectContaining({ code: 'REGISTRY_UNAVAILABLE', details: expect.objectContaining({ reason }) })

const hardhat = await openHardhat()
afterAll(hardhat.close)
const shanghai = await openHardhat({ hardfork: 'shanghai' })
afterAll(shanghai.close)
const anvil = anvilBinary() === undefined ? undefined : await openAnvil()
if (anvil !== undefined) afterAll(anvil.close)

/** Refs of every length there is, and digests of which each has another past. */
const REFS = ['a', 'a-trend', 'w'.repeat(31)].map(refOf)
const DIGESTS = Array.from({ length: 12 }, (_, i) => digest(i))

/** A publisher of everything that a registry can say: recorded, by whom, taken back, disowned, named, noticed, burnt. */
async function told(evm: Evm): Promise<{ readonly publisher: Address; readonly at: ChainBlock }> {
  await evm.reset()
  const [owner, editor, disowned] = await Promise.all(
    evm.wallets.slice(0, 3).map(async (signer) => await ethersRegistry({ chain: CHAIN, address: evm.address, signer }))
  )
  const publisher = owner!.account
  const publish = (n: number, ref: Bytes32 = NONE, parent: Bytes32 = NONE) =>
    ({ verb: 'publish', publisher, ref, digest: DIGESTS[n]!, parent, tree: NONE }) as const
  const point = (ref: Bytes32, n: number) =>
    ({ verb: 'point', publisher, ref, digest: DIGESTS[n]!, parent: NONE }) as const
  const forever = (1n << 64n) - 1n
  await owner!.send([
    { verb: 'setEditor', editor: editor!.account, until: forever },
    { verb: 'setEditor', editor: disowned!.account, until: forever }
  ])
  await owner!.send([publish(0, REFS[0]), publish(1, REFS[1]), publish(2), publish(3)])
  await owner!.send([publish(4, REFS[0], DIGESTS[0]), point(leafOf(DIGESTS[0]!), 5), point(leafOf(DIGESTS[7]!), 7)])
  await editor!.send([publish(6), publish(7, REFS[2])])
  await disowned!.send([publish(8), publish(9)])
  const retract = (n: number) => ({ verb: 'retract', node: leafOf(DIGESTS[n]!) }) as const
  await owner!.send([retract(2), retract(7), retract(9), retract(10)])
  await owner!.send([{ verb: 'setEditor', editor: disowned!.account, until: 0n }])
  return { publisher, at: await owner!.block('latest') }
}

const reader = (evm: Evm, request: Request = evm.request): Registry =>
  rpcRegistry({ chain: CHAIN, address: evm.address, request })

/** A node that takes no call without recipient. */
const refusing = (evm: Evm): Request =>
  Object.assign(
    async (...[call, options]: Parameters<Request>) => {
      if (asksForCode(call.method, call.params)) throw new Error('missing "to"')
      return await evm.request(call, options)
    },
    { trust: undefined }
  )

/** What the registry answers to each question asked alone. */
const oneByOne = async (
  registry: Registry,
  publisher: Address,
  questions: readonly Question[],
  at: ChainBlock
): Promise<readonly Survey[]> =>
  await Promise.all(
    questions.map(async ({ digest, ref }) => ({
      record: await registry.record(publisher, digest, [], at),
      head: await registry.head(publisher, ref, at),
      notice: await registry.notice(publisher, digest, at)
    }))
  )

const question = fc.record({
  digest: fc.oneof(fc.constantFrom(...DIGESTS), fc.integer({ min: 100, max: 999 }).map(digest)),
  ref: fc.oneof(
    fc.constantFrom(NONE, ...REFS, leafOf(DIGESTS[0]!), leafOf(DIGESTS[7]!)),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes): Bytes32 => `0x${Buffer.from(bytes).toString('hex')}`)
  )
})

const CHAINS: readonly (readonly [string, Evm | undefined])[] = [
  ['Hardhat', hardhat],
  ['Hardhat of Shanghai', shanghai],
  ['anvil', anvil]
]

describe.each(CHAINS)('a survey on %s', (_, evm) => {
  test.skipIf(evm === undefined)('says of many what the registry says of each', { timeout: 120_000 }, async () => {
    const { publisher, at } = await told(evm!)
    const registries = [reader(evm!), reader(evm!, refusing(evm!))]
    const everything = DIGESTS.flatMap((one) => [NONE, ...REFS].map((ref) => ({ digest: one, ref })))
    const known = await oneByOne(registries[0]!, publisher, everything, at)
    // Every flag there is, so that nothing is equal only for being nothing.
    const editors = new Set(known.map(({ record }) => record.editor))
    expect(editors.size).toBe(4)
    expect(
      new Set(
        known.map(({ record, head, notice }) =>
          [record.publishedAt > 0, record.retractedAt > 0, head !== undefined, notice !== undefined].join()
        )
      ).size
    ).toBeGreaterThan(5)
    for (const registry of registries) {
      expect(await registry.survey(publisher, everything, at)).toEqual(known)
      expect(await registry.survey(publisher, [], at)).toEqual([])
    }
    await fc.assert(
      fc.asyncProperty(fc.array(question, { maxLength: 12 }), async (questions) => {
        const alone = await oneByOne(registries[0]!, publisher, questions, at)
        for (const registry of registries) expect(await registry.survey(publisher, questions, at)).toEqual(alone)
      }),
      { numRuns: 25 }
    )
  })

  test.skipIf(evm === undefined)(
    'is one call for a thousand, which asks for the code and the chain as well',
    async () => {
      const asked: string[] = []
      const registry = reader(evm!, async (call, options) => {
        asked.push(call.method)
        return await evm!.request(call, options)
      })
      const at = await reader(evm!).block('latest')
      const questions = (letters: number): readonly Question[] =>
        Array.from({ length: 1000 }, (_, i) => ({ digest: digest(i), ref: refOf(`${i}`.padEnd(letters, 'x')) }))
      expect(await registry.survey(PUBLISHER, questions(15), at)).toHaveLength(1000)
      expect(asked).toEqual(['eth_call'])
      expect(await registry.survey(PUBLISHER, questions(31), at)).toHaveLength(1000)
      expect(asked).toEqual(['eth_call', 'eth_call', 'eth_call'])
    }
  )

  test.skipIf(evm === undefined)(
    'goes on with another call where a node gives less gas',
    { timeout: 120_000 },
    async () => {
      const { publisher, at } = await told(evm!)
      let calls = 0
      const sparing = reader(evm!, async ({ method, params: [call, ...more] }) => {
        if (method === 'eth_call') calls += 1
        const params = [method === 'eth_call' ? { ...Object(call), gas: '0x493e0' } : call, ...more]
        return await evm!.request({ method, params })
      })
      const questions = Array.from({ length: 50 }, (_, i) => ({ digest: DIGESTS[i % 12]!, ref: REFS[i % 3]! }))
      const known = await oneByOne(reader(evm!), publisher, questions, at)
      expect(await sparing.survey(publisher, questions, at)).toEqual(known)
      expect(calls).toBeGreaterThan(2)
      expect(calls).toBeLessThan(10)
    }
  )

  test.skipIf(evm === undefined)('goes on with another call where an answer is longer than a code may be', async () => {
    const { publisher, at } = await told(evm!)
    // 95 bytes each: the document 7 was recorded by an editor, taken back, and has a notice; its ref here names another.
    const questions = Array.from({ length: 400 }, () => ({ digest: DIGESTS[7]!, ref: REFS[0]! }))
    const [known] = await oneByOne(reader(evm!), publisher, questions.slice(0, 1), at)
    const calls: unknown[] = []
    const registry = reader(evm!, async (call, options) => {
      const answer = await evm!.request(call, options)
      calls.push(answer)
      return answer
    })
    expect(await registry.survey(publisher, questions, at)).toEqual(questions.map(() => known))
    expect(calls.map((answer) => (String(answer).length - 2) / 2)).toEqual([64 + 258 * 95, 64 + 142 * 95])
  })

  test.skipIf(evm === undefined)('asks no second time for what a node does not run', async () => {
    const { publisher, at } = await told(evm!)
    const asked: string[] = []
    const refuse = refusing(evm!)
    const registry = reader(evm!, async (call, options) => {
      asked.push(asksForCode(call.method, call.params) ? 'program' : call.method)
      return await refuse(call, options)
    })
    const questions = [{ digest: DIGESTS[0]!, ref: REFS[0]! }]
    const first = await registry.survey(publisher, questions, at)
    expect(asked).toContain('program')
    asked.length = 0
    expect(await registry.survey(publisher, questions, at)).toEqual(first)
    expect(asked).toEqual(['eth_call', 'eth_call'])
  })

  test.skipIf(evm === undefined)('is refused of another contract, of none, and of another chain', async () => {
    const at = await reader(evm!).block('latest')
    const questions = [{ digest: DIGESTS[0]!, ref: REFS[0]! }]
    const ask = async (address: Address, chain: `eip155:${number}` = CHAIN, request: Request = evm!.request) =>
      await rpcRegistry({ chain, address, request }).survey(PUBLISHER, questions, at)
    for (const request of [evm!.request, refusing(evm!)]) {
      await expect(ask(PUBLISHER, CHAIN, request)).rejects.toEqual(unreadable('no code'))
      await expect(ask(PROXY, CHAIN, request)).rejects.toEqual(unreadable('other code'))
      await expect(ask(evm!.address, 'eip155:1', request)).rejects.toEqual(unreadable('wrong chain'))
    }
    const gone = { ...at, hash: digest(1) }
    await expect(reader(evm!).survey(PUBLISHER, questions, gone)).rejects.toEqual(unreadable('unknown block'))
    const stopped = { signal: AbortSignal.abort('stop') }
    await expect(reader(evm!).survey(PUBLISHER, questions, at, stopped)).rejects.toBe('stop')
  })
})

describe('an answer to a survey', () => {
  const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
  const time = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 40 - 1 }))
  const account = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'))
  const maybe = fc.option(
    word.filter((hex) => /[^0]/.test(hex)),
    { nil: undefined }
  )
  const item = fc.record({
    digest: word,
    publishedAt: time,
    retractedAt: time,
    editor: fc.oneof(account, fc.constant(PUBLISHER.slice(2)), fc.constant('0'.repeat(40))),
    head: maybe,
    isHead: fc.boolean(),
    notice: maybe
  })
  type Item = typeof item extends fc.Arbitrary<infer Value> ? Value : never

  const questionsOf = (items: readonly Item[]): readonly Question[] =>
    items.map(({ digest }) => ({ digest: `0x${digest}`, ref: NONE }))
  const surveyOf = ({ digest, publishedAt, retractedAt, editor, head, isHead, notice }: Item): Survey => ({
    record: { publishedAt, retractedAt, editor: `0x${editor}` },
    head: isHead ? `0x${digest}` : head === undefined ? undefined : `0x${head}`,
    notice: notice === undefined ? undefined : `0x${notice}`
  })
  /** The answer as it is specified, by another hand. */
  const tell = (items: readonly Item[]): string =>
    items
      .map(({ digest, publishedAt, retractedAt, editor, head, isHead, notice }) => {
        const isOwn = `0x${editor}` === PUBLISHER
        const isEditor = !isOwn && /[^0]/.test(editor)
        const named = isHead ? digest : head
        const bits = [
          publishedAt > 0,
          retractedAt > 0,
          isOwn,
          isEditor,
          named === digest,
          named !== undefined && named !== digest,
          notice !== undefined
        ]
        const flags = bits.reduce((sum, bit, i) => sum + (bit ? 2 ** i : 0), 0)
        const seconds = (value: number): string => (value > 0 ? value.toString(16).padStart(10, '0') : '')
        return [
          flags.toString(16).padStart(2, '0'),
          ...[seconds(publishedAt), seconds(retractedAt), isEditor ? editor : ''],
          ...[named === digest ? '' : (named ?? ''), notice ?? '']
        ].join('')
      })
      .join('')

  test('is read to the letter, also where it does not tell of every question', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), fc.nat(6), (items, few) => {
        const some = items.slice(0, Math.max(1, few))
        expect(readSurveys(tell(some), PUBLISHER, questionsOf(items))).toEqual(some.map(surveyOf))
        expect(readSurveys(tell(some).toUpperCase(), PUBLISHER, questionsOf(items))).toEqual(some.map(surveyOf))
      })
    )
  })

  test('is none where it is cut anywhere but between two documents, or longer than the questions', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), fc.nat(), (items, cut) => {
        const told = tell(items)
        const ends = items.map((_, i) => tell(items.slice(0, i + 1)).length)
        const at = cut % told.length
        const read = readSurveys(told.slice(0, at), PUBLISHER, questionsOf(items))
        expect(read === undefined).toBe(!ends.includes(at))
        expect(readSurveys(told, PUBLISHER, questionsOf(items).slice(1))).toBeUndefined()
        expect(readSurveys(`${told}0`, PUBLISHER, questionsOf(items))).toBeUndefined()
      })
    )
  })

  const ONE: readonly Question[] = [{ digest: `0x${'d1'.repeat(32)}`, ref: NONE }]
  test.each([
    ['an unknown flag', '80'],
    ['two editors', `0c${'11'.repeat(20)}`],
    ['two heads', `30${'11'.repeat(32)}`],
    ['a time that is zero', `01${'00'.repeat(5)}`],
    ['an editor that is zero', `08${'00'.repeat(20)}`],
    ['a head that is zero', `20${'00'.repeat(32)}`],
    ['a notice that is zero', `40${'00'.repeat(32)}`],
    ['a publisher that is spelled as an editor', `08${PUBLISHER.slice(2)}`],
    ['the digest that is spelled as another head', `20${'d1'.repeat(32)}`],
    ['letters that are no hex', '0x'],
    ['half a byte', '0'],
    ['nothing', '']
  ])('is none with %s', (_, told) => {
    expect(readSurveys(told, PUBLISHER, ONE)).toBeUndefined()
  })

  test.each([null, 7, '0x', `0x${'00'.repeat(32)}`, `0x${'00'.repeat(63)}`, `0x${'zz'.repeat(64)}`, {}])(
    'is not begun by %j',
    (answer) => {
      expect(readAnswer(answer)).toBeUndefined()
    }
  )

  test.each([
    ['nothing of any document', ''],
    ['a document too many', '0000'],
    ['other bytes', '80']
  ])('that tells %s is malformed, and no reason to ask in another way', async (_, told) => {
    const asked: string[] = []
    const request: Request = async ({ method }) => {
      asked.push(method)
      return `${CODE_DIGEST}${(31337).toString(16).padStart(64, '0')}${told}`
    }
    const registry = rpcRegistry({ chain: CHAIN, address: hardhat.address, request })
    const at: ChainBlock = { number: 7n, hash: digest(2), timestamp: 1000, finality: 'unsafe' }
    await expect(registry.survey(PUBLISHER, ONE, at)).rejects.toEqual(unreadable('malformed answer'))
    expect(asked).toEqual(['eth_call'])
  })
})

describe('an answer to a multicall', () => {
  const words = (...values: readonly bigint[]): string =>
    values.map((value) => value.toString(16).padStart(64, '0')).join('')
  const coder = AbiCoder.defaultAbiCoder()
  const results = fc.array(fc.array(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), { maxLength: 3 }), { maxLength: 5 })

  test('is read as ethers spells it, and its call is spelled as ethers does', () => {
    fc.assert(
      fc.property(results, (items) => {
        const data = items.map((item) => `0x${words(...item)}`)
        const answer = coder.encode(['bytes[]'], [data])
        const sizes = items.map(({ length }) => length)
        expect(decodeMulticall(answer, sizes)).toEqual(items)
        expect(decodeMulticall(answer.toUpperCase().replace('X', 'x'), sizes)).toEqual(items)
        expect(decodeMulticall(`${answer}00`, sizes)).toBeUndefined()
        expect(decodeMulticall(answer.slice(0, -2), sizes)).toBeUndefined()
        expect(decodeMulticall(answer, [...sizes, 1])).toBeUndefined()
        const calls = data.map((hex, i) => `${hex}${'ab'.repeat(i)}`)
        expect(encodeMulticall(calls)).toBe(selectors.multicall + coder.encode(['bytes[]'], [calls]).slice(2))
      })
    )
  })

  test('is none where an offset or a length is another', () => {
    const answer = coder.encode(['bytes[]'], [[`0x${words(1n)}`, `0x${words(2n, 3n, 4n)}`]])
    const at = (word: number): string => `${answer.slice(0, 65 + 64 * word)}f${answer.slice(66 + 64 * word)}`
    for (const word of [0, 1, 2, 3, 4, 6]) expect(decodeMulticall(at(word), [1, 3])).toBeUndefined()
    for (const word of [5, 7, 8, 9]) expect(decodeMulticall(at(word), [1, 3])).toBeDefined()
    for (const other of [null, 7, '0x', {}]) expect(decodeMulticall(other, [1, 3])).toBeUndefined()
  })
})

test('the program is what its source compiles to, and calls the registry by its selectors', () => {
  execFileSync(process.execPath, ['scripts/survey.ts', '--check'])
  const source = readFileSync('scripts/survey/program.yul', 'utf8')
  expect(source).toContain(`shl(224, ${selectors.verify})`)
  expect(source).toContain(`shl(224, ${selectors.heads})`)
})
