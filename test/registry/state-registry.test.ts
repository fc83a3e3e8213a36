import { afterAll, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Address } from '../../src/document/publisher.ts'
import { givenBlock } from '../../src/registry/given-block.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { fromHex, keccak256, toBytes32 } from '../../src/registry/keccak.ts'
import type { ChainBlock, Registry } from '../../src/registry/registry.ts'
import type { Request } from '../../src/registry/request.ts'
import { rpcState } from '../../src/registry/rpc-state.ts'
import { editorSlot, headSlot, recordSlot } from '../../src/registry/slots.ts'
import type { StateReader } from '../../src/registry/state.ts'
import { type StateRegistryOptions, stateRegistry } from '../../src/registry/state-registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { describeRegistry } from '../behaviour/registry.ts'
import registryVectors from '../vectors/registry.json' with { type: 'json' }
import vectors from '../vectors/state.json' with { type: 'json' }
import { openAnvil } from './anvil.ts'
import { openHardhat } from './evm.ts'
import { type MadeState, makeState } from './reference-trie.ts'
import { evmWorld } from './world.ts'

const CHAIN = 'eip155:31337'

const hardhat = await openHardhat()
afterAll(hardhat.close)
const shanghai = await openHardhat({ hardfork: 'shanghai' })
afterAll(shanghai.close)
const anvil = await openAnvil()
afterAll(anvil.close)

const proving = (address: Address, request: Request): Registry =>
  stateRegistry({ chain: CHAIN, address, state: rpcState({ chain: CHAIN, request }) })

describeRegistry(
  'state proofs and a chain in this process',
  async () => await evmWorld(hardhat, ({ address, request }) => proving(address, request))
)
describeRegistry(
  'state proofs and a chain of Shanghai',
  async () => await evmWorld(shanghai, ({ address, request }) => proving(address, request))
)
describeRegistry(
  'state proofs and anvil behind HTTP',
  async () => await evmWorld(anvil, ({ address }) => proving(address, httpRequest(anvil.url)))
)
describeRegistry(
  'state proofs of a node that proves at heights only',
  async () =>
    await evmWorld(hardhat, ({ address, request }) =>
      proving(address, async (call, options) => {
        if (call.method === 'eth_getProof' && typeof call.params[2] === 'object') throw new Error('invalid argument 2')
        return await request(call, options)
      })
    )
)

const ADDRESS: Address = `0x${'7e'.repeat(20)}`
const PUBLISHER: Address = `0x${'ab'.repeat(20)}`
const EDITOR: Address = `0x${'cd'.repeat(20)}`
const [DIGEST, REF]: readonly Bytes32[] = [`0x${'d1'.repeat(32)}`, `0x${'5e'.repeat(32)}`] as const
const NEVER = { publishedAt: 0, retractedAt: 0, editor: `0x${'0'.repeat(40)}` }
const unreadable = (reason: string): object =>
  expect.objectContaining({ code: 'REGISTRY_UNAVAILABLE', details: { registry: ADDRESS, reason } })
const recordWord = (publishedAt: number, retractedAt: number, editor: Address): bigint =>
  (BigInt(editor) << 80n) | (BigInt(retractedAt) << 40n) | BigInt(publishedAt)

interface Made {
  readonly at: ChainBlock
  readonly state: StateReader
  readonly nodes: readonly Uint8Array[]
  readonly header: Uint8Array
  readonly open: (options?: Partial<StateRegistryOptions>) => Registry
  readonly asked: (readonly Bytes32[])[]
}

/** A chain of one block that nobody mined, and a reader of it. */
function made(content: MadeState = {}, says: Partial<StateReader> = {}): Made {
  const { header, hash, nodes } = makeState(ADDRESS, content)
  const asked: (readonly Bytes32[])[] = []
  const state: StateReader = {
    trust: 'rpc:example.org',
    header: async () => header,
    nodes: async (_, slots) => {
      asked.push(slots)
      return nodes
    },
    ...says
  }
  const at: ChainBlock = { number: 7n, hash, timestamp: 1000, finality: 'unsafe' }
  const open = (options = {}) => stateRegistry({ chain: CHAIN, address: ADDRESS, state, ...options })
  return { at, state, nodes, header, open, asked }
}

const LEAF = leafOf(DIGEST!)
const CONTENT: MadeState = {
  words: {
    [recordSlot(PUBLISHER, LEAF)]: recordWord(500, 0, EDITOR),
    [headSlot(PUBLISHER, REF!)]: BigInt(DIGEST!),
    [editorSlot(PUBLISHER, EDITOR)]: 500n,
    ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [toBytes32(keccak256(Uint8Array.of(i))), BigInt(i + 1)]))
  }
}
const READS: Readonly<Record<string, (registry: Registry, at: ChainBlock) => Promise<unknown>>> = {
  record: async (registry, at) => await registry.record(PUBLISHER, DIGEST!, [], at),
  'record in an edition': async (registry, at) => await registry.record(PUBLISHER, DIGEST!, [REF!], at),
  keyed: async (registry, at) => await registry.keyed(PUBLISHER, LEAF, at),
  head: async (registry, at) => await registry.head(PUBLISHER, REF!, at),
  notice: async (registry, at) => await registry.notice(PUBLISHER, DIGEST!, at),
  survey: async (registry, at) => await registry.survey(PUBLISHER, [{ digest: DIGEST!, ref: REF! }], at),
  editorUntil: async (registry, at) => await registry.editorUntil(PUBLISHER, EDITOR, at)
}

test.each(Object.entries(registryVectors.slots))(
  'the slot of %s is where Solidity has it',
  (_, { mapping, keys, slot }) => {
    const of = { records: recordSlot, heads: headSlot, editors: editorSlot }[mapping]!
    const [publisher, inner] = keys as unknown as readonly [Address, Bytes32]
    expect(of(publisher, inner)).toBe(slot)
  }
)

describe.each(vectors.states)(
  'what $name said once',
  ({ header, registry: address, publisher, editor, nodes, words }) => {
    const bytes = nodes.map(fromHex)
    const reader = (proof: readonly Uint8Array[], rlp: Uint8Array = fromHex(header.rlp)): StateReader => ({
      trust: 'a file',
      header: async () => rlp,
      nodes: async () => proof
    })
    const at: ChainBlock = {
      number: BigInt(header.json.number),
      hash: header.hash as Bytes32,
      timestamp: Number(header.json.timestamp),
      finality: 'unsafe'
    }
    const open = (proof: readonly Uint8Array[], rlp?: Uint8Array): Registry =>
      stateRegistry({ chain: CHAIN, address: address as Address, state: reader(proof, rlp) })
    const digest = (n: number): Bytes32 => `0x${n.toString(16).padStart(64, '5')}`
    const ask = async (registry: Registry) => {
      const by = publisher as Address
      const head = `0x${Buffer.from('a-trend').toString('hex').padEnd(64, '0')}` as const
      const other = `0x${Buffer.from('another').toString('hex').padEnd(64, '0')}` as const
      return {
        retracted: await registry.record(by, digest(1), [], at),
        edited: await registry.record(by, digest(2), [], at),
        unknown: await registry.record(by, digest(3), [], at),
        head: await registry.head(by, head, at),
        none: await registry.head(by, other, at),
        until: await registry.editorUntil(by, editor as Address, at),
        never: await registry.editorUntil(by, by, at)
      }
    }
    const wordOf = (name: string): bigint => BigInt(words.find(({ what }) => what === name)!.word)

    test('is proven still', async () => {
      const answers = await ask(open(bytes))
      const { publishedAt, retractedAt } = answers.retracted
      expect(recordWord(publishedAt, retractedAt, publisher as Address)).toBe(wordOf('a record that was retracted'))
      expect(retractedAt).toBeGreaterThan(0)
      expect(recordWord(answers.edited.publishedAt, 0, editor as Address)).toBe(wordOf('a record of an editor'))
      expect(answers).toMatchObject({
        unknown: NEVER,
        head: digest(1),
        none: undefined,
        until: 4_000_000_000n,
        never: 0n
      })
    })

    test('is not, with a node less', async () => {
      for (const dropped of bytes) {
        const asked = ask(open(bytes.filter((node) => node !== dropped)))
        await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', details: { reason: 'bad proof' } })
      }
    })

    test('is not, with a bit of any byte flipped', async () => {
      for (const [i, node] of [fromHex(header.rlp), ...bytes].entries()) {
        for (let at = 0; at < node.length; at += 5) {
          const bent = Uint8Array.from(node)
          bent[at]! ^= 1 << (at % 8)
          const asked = i === 0 ? ask(open(bytes, bent)) : ask(open(bytes.with(i - 1, bent)))
          const error = await asked.catch((reason: unknown) => reason)
          if (!(error instanceof Error)) expect.fail(`node ${i}, byte ${at}: ${JSON.stringify(error)}`)
          expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', details: { reason: 'bad proof' } })
        }
      }
    })
  }
)

describe('a reader of proofs', () => {
  test('answers from the slots', async () => {
    const { open, at } = made(CONTENT)
    const answers = Object.entries(READS).map(async ([name, read]) => [name, await read(open(), at)])
    const record = { publishedAt: 500, retractedAt: 0, editor: EDITOR }
    expect(Object.fromEntries(await Promise.all(answers))).toEqual({
      record,
      'record in an edition': NEVER,
      keyed: record,
      head: DIGEST,
      notice: undefined,
      survey: [{ record, head: DIGEST, notice: undefined }],
      editorUntil: 500n
    })
  })

  test.each(Object.entries(READS))('says so where there is no contract, or another: %s', async (_, read) => {
    const nobody = `0x${'0'.repeat(40)}` as const
    const nowhere = made(CONTENT)
    const absent = stateRegistry({ chain: CHAIN, address: nobody, state: nowhere.state })
    await expect(read(absent, nowhere.at)).rejects.toMatchObject({ details: { registry: nobody, reason: 'no code' } })
    const bare = made({ codeHash: toBytes32(keccak256(new Uint8Array())) })
    await expect(read(bare.open(), bare.at)).rejects.toEqual(unreadable('no code'))
    const other = made({ ...CONTENT, codeHash: `0x${'11'.repeat(32)}` })
    await expect(read(other.open(), other.at)).rejects.toEqual(unreadable('other code'))
  })

  test('refuses a record with bits where there are none', async () => {
    for (const word of [1n << 240n, 1n << 255n, (1n << 256n) - 1n]) {
      const { open, at } = made({ words: { [recordSlot(PUBLISHER, LEAF)]: word } })
      for (const name of ['record', 'record in an edition', 'keyed', 'survey']) {
        await expect(READS[name]!(open(), at)).rejects.toEqual(unreadable('malformed answer'))
      }
    }
    const { open, at } = made({ words: { [recordSlot(PUBLISHER, LEAF)]: (1n << 240n) - 1n } })
    const full = { publishedAt: 2 ** 40 - 1, retractedAt: 2 ** 40 - 1, editor: `0x${'ff'.repeat(20)}` }
    expect(await READS.record!(open(), at)).toEqual(full)
  })

  test.each(Object.entries(READS))('answers nothing from proofs that lack a node: %s', async (_, read) => {
    const { nodes, at, open } = made(CONTENT)
    let refused = 0
    const whole = await read(open(), at)
    for (const dropped of nodes) {
      const { open: reopen } = made(CONTENT, { nodes: async () => nodes.filter((node) => node !== dropped) })
      const answer = await read(reopen(), at).catch((error: unknown) => error)
      if (answer instanceof Error) expect(answer).toEqual(unreadable('bad proof'))
      else expect(answer).toEqual(whole)
      refused += answer instanceof Error ? 1 : 0
    }
    expect(refused).toBeGreaterThan(2)
    const { open: reopen } = made(CONTENT, { nodes: async () => [] })
    await expect(read(reopen(), at)).rejects.toEqual(unreadable('bad proof'))
  })

  test('takes no header but that of the block', async () => {
    const other = makeState(ADDRESS, { ...CONTENT, number: 8n })
    const { open, at } = made(CONTENT, { header: async () => other.header })
    for (const read of Object.values(READS)) await expect(read(open(), at)).rejects.toEqual(unreadable('bad proof'))
    await expect(open().block(7n)).rejects.toEqual(unreadable('bad proof'))
    expect(await open().block(8n)).toMatchObject({ number: 8n, hash: other.hash })
    for (const header of [new Uint8Array(), new Uint8Array(16 << 20), Uint8Array.of(0xc0), other.header.slice(1)]) {
      const { open: reopen } = made(CONTENT, { header: async () => header })
      await expect(reopen().block('latest')).rejects.toEqual(unreadable('bad proof'))
    }
  })

  test('asks for a header once, and for a hundred documents in few questions', async () => {
    let headers = 0
    const { header, open, at, asked } = made(CONTENT, {
      header: async () => {
        headers += 1
        return header
      }
    })
    const registry = open()
    const questions = Array.from({ length: 100 }, (_, i) => ({
      digest: toBytes32(keccak256(Uint8Array.of(i, 1))),
      ref: REF!
    }))
    await registry.block('latest')
    const survey = await registry.survey(PUBLISHER, [{ digest: DIGEST!, ref: REF! }, ...questions], at)
    expect(survey).toHaveLength(101)
    expect(survey.at(-1)).toEqual({ record: NEVER, head: DIGEST, notice: undefined })
    // 101 records, one head and 101 notices, and the end of the one editor.
    expect(asked.map(({ length }) => length)).toEqual([128, 75, 1])
    expect(headers).toBe(1)
  })

  test('says how sure a block is, as its reader says', async () => {
    const tip = makeState(ADDRESS, { number: 7n })
    const at = async (finalized: bigint | undefined, safe: bigint | undefined) => {
      const header: StateReader['header'] = async (tag) => {
        const number = tag === 'finalized' ? finalized : tag === 'safe' ? safe : 7n
        if (number === undefined) throw new Error('unknown tag')
        return makeState(ADDRESS, { number }).header
      }
      return (await made({}, { header }).open().block(7n)).finality
    }
    expect(await at(7n, 7n)).toBe('final')
    expect(await at(6n, 7n)).toBe('safe')
    expect(await at(5n, 6n)).toBe('unsafe')
    expect(await at(undefined, undefined)).toBe('unsafe')
    expect(await made().open().block('safe')).toEqual({ number: 7n, hash: tip.hash, timestamp: 1000, finality: 'safe' })
  })

  test('refuses words that are none', async () => {
    const { open, at } = made(CONTENT)
    const bad = expect.objectContaining({ code: 'INVALID_NAME' })
    await expect(open().record(PUBLISHER, '0x12', [], at)).rejects.toEqual(bad)
    await expect(open().record(PUBLISHER, DIGEST!, [DIGEST!, '0xzz'], at)).rejects.toEqual(bad)
  })

  test('minds neither the case of an address nor that of a hash', async () => {
    const { open, at } = made({ words: { [recordSlot(PUBLISHER, LEAF)]: recordWord(500, 0, PUBLISHER) } })
    const upper = <Hex extends string>(hex: Hex) => `0x${hex.slice(2).toUpperCase()}` as const
    const record = await open().record(upper(PUBLISHER), upper(DIGEST!), [], { ...at, hash: upper(at.hash) })
    expect(record).toEqual({ publishedAt: 500, retractedAt: 0, editor: PUBLISHER })
  })
})

describe('whom a proof trusts', () => {
  const { at, open, state } = made(CONTENT)
  const chooser = (fields: Partial<Registry> = {}) => ({
    trust: '2-of-3 rpc',
    mode: 'quorum' as const,
    readers: 2,
    block: async () => ({ ...at, finality: 'safe' as const }),
    ...fields
  })

  test('is whoever delivers it, where nobody else says which block is judged', () => {
    const { trust, mode, readers } = open()
    expect({ trust, mode, readers }).toEqual({ trust: 'state proof, block hash from rpc:example.org', mode: 'rpc' })
    const same = open({ blocks: chooser({ trust: 'rpc:example.org', mode: 'rpc', readers: 1 }) })
    expect(same).toMatchObject({ trust: 'state proof, block hash from rpc:example.org', mode: 'rpc' })
  })

  test('is whoever says which block is judged', async () => {
    const registry = open({ blocks: chooser() })
    expect(registry).toMatchObject({ trust: 'state proof, 2-of-3 rpc', mode: 'state proof', readers: 2 })
    expect(await registry.block('latest')).toEqual({ ...at, finality: 'safe' })
    for (const trust of ['light client', 'rpc:example.org']) {
      const followed = open({ blocks: chooser({ mode: 'light client', trust }) })
      expect(followed).toMatchObject({ mode: 'light client', trust: `state proof, ${trust}` })
    }
  })

  test('is nobody who says of a block what its header does not', async () => {
    for (const lie of [{ number: 8n }, { timestamp: 1001 }]) {
      const registry = open({ blocks: chooser({ block: async () => ({ ...at, ...lie }) }) })
      await expect(registry.block('latest')).rejects.toEqual(unreadable('bad proof'))
    }
    const registry = open({ blocks: chooser({ block: async () => ({ ...at, hash: DIGEST! }) }) })
    await expect(registry.block('latest')).rejects.toEqual(unreadable('bad proof'))
  })

  test('is the caller, for a block that the caller gives', async () => {
    const registry = open({ blocks: givenBlock({ hash: at.hash, state, address: ADDRESS }) })
    expect(registry).toMatchObject({ trust: 'state proof, block hash given by you', mode: 'state proof' })
    for (const tag of ['latest', 'safe', 'finalized', 7n] as const) {
      expect(await registry.block(tag)).toEqual({ ...at, finality: 'final' })
    }
    await expect(registry.block(8n)).rejects.toEqual(unreadable('unknown block'))
    expect(await registry.head(PUBLISHER, REF!, await registry.block('latest'))).toBe(DIGEST)
  })

  test('is not the caller for a block with another hash than given', async () => {
    await expect(givenBlock({ hash: DIGEST!, state, address: ADDRESS }).block('latest')).rejects.toEqual(
      unreadable('bad proof')
    )
    for (const hash of ['0x12', `0x${'zz'.repeat(32)}`, DIGEST!.slice(2)] as readonly Bytes32[]) {
      expect(() => givenBlock({ hash, state })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
  })
})
