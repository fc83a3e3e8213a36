import { describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { toBytes32 as toHex } from '../../src/registry/keccak.ts'
import type { Request } from '../../src/registry/request.ts'
import { type RpcStateOptions, rpcState } from '../../src/registry/rpc-state.ts'
import type { StateReader } from '../../src/registry/state.ts'
import { stateRegistry } from '../../src/registry/state-registry.ts'
import vectors from '../vectors/state.json' with { type: 'json' }
import { deadUrl, serve } from './server.ts'

const CHAIN = 'eip155:31337'
const [{ header, registry: ADDRESS, publisher: PUBLISHER, nodes, words }] = vectors.states as unknown as [
  Omit<(typeof vectors.states)[0], 'registry' | 'publisher'> & { registry: `0x${string}`; publisher: `0x${string}` }
]
const HASH = header.hash as Bytes32
const SLOT = words.find(({ what }) => what === 'a head')!.slot as Bytes32
const BLOCK = { ...header.json, hash: HASH, transactions: [] }
const PROOF = { accountProof: nodes, storageProof: [{ key: SLOT, value: '0x0', proof: nodes }] }
const unreadable = (reason: string, message = ''): object =>
  expect.objectContaining({
    code: 'REGISTRY_UNAVAILABLE',
    details: expect.objectContaining({ reason }),
    message: expect.stringContaining(message)
  })

/** A node that answers as it was recorded, but for what it is told to say. */
function node(says: Readonly<Record<string, (...params: readonly unknown[]) => unknown>> = {}): {
  readonly request: Request
  readonly asked: readonly (readonly unknown[])[]
} {
  const asked: (readonly unknown[])[] = []
  const answers: typeof says = {
    eth_chainId: () => '0x7a69',
    eth_getBlockByNumber: () => BLOCK,
    eth_getBlockByHash: () => BLOCK,
    eth_getProof: () => PROOF,
    ...says
  }
  const request: Request = async ({ method, params }) => {
    asked.push([method, ...params])
    const answer = answers[method]
    if (answer === undefined) throw new Error(`the method ${method} does not exist`)
    return answer(...params)
  }
  return { request, asked }
}

const open = (says: Parameters<typeof node>[0] = {}, options: Partial<RpcStateOptions> = {}): StateReader =>
  rpcState({ chain: CHAIN, request: node(says).request, ...options })
const fail =
  (message = 'no') =>
  () => {
    throw new Error(message)
  }

describe('a node', () => {
  test('delivers a header by tag, height and hash, and the nodes of a proof once each', async () => {
    const { request, asked } = node()
    const state = rpcState({ chain: CHAIN, request, trust: 'rpc:example.org' })
    expect(state.trust).toBe('rpc:example.org')
    for (const at of ['finalized', 7n, HASH] as const) expect(toHex(await state.header(at))).toBe(header.rlp)
    expect((await state.nodes(ADDRESS, [SLOT], HASH)).map(toHex)).toEqual(nodes)
    expect(asked).toEqual([
      ['eth_getBlockByNumber', 'finalized', false],
      ['eth_chainId'],
      ['eth_getBlockByNumber', '0x7', false],
      ['eth_chainId'],
      ['eth_getBlockByHash', HASH, false],
      ['eth_getProof', ADDRESS, [SLOT], { blockHash: HASH, requireCanonical: true }]
    ])
  })

  test('is asked for its chain before anything by hash, once', async () => {
    const { request, asked } = node()
    const state = rpcState({ chain: CHAIN, request })
    await Promise.all([state.nodes(ADDRESS, [SLOT], HASH), state.nodes(ADDRESS, [SLOT], HASH), state.header(HASH)])
    expect(asked.filter(([method]) => method === 'eth_chainId')).toHaveLength(1)
  })

  test('of another chain is told from the right one', async () => {
    const state = open({}, { chain: 'eip155:1' })
    for (const at of ['latest', 7n, HASH] as const)
      await expect(state.header(at)).rejects.toEqual(unreadable('wrong chain'))
    await expect(state.nodes(ADDRESS, [SLOT], HASH)).rejects.toEqual(unreadable('wrong chain'))
    await expect(open({ eth_chainId: () => 31337 }).header('latest')).rejects.toEqual(unreadable('malformed answer'))
  })

  test('that is down is told from one that does not know the block', async () => {
    const down = rpcState({ chain: CHAIN, request: httpRequest(await deadUrl()) })
    await expect(down.header('latest')).rejects.toEqual(unreadable('no answer'))
    await expect(down.nodes(ADDRESS, [SLOT], HASH)).rejects.toEqual(unreadable('no answer'))
    const unknown = open({ eth_getBlockByNumber: () => null, eth_getBlockByHash: () => null, eth_getProof: fail() })
    for (const at of ['latest', 7n, HASH] as const) {
      await expect(unknown.header(at)).rejects.toEqual(unreadable('unknown block'))
    }
    await expect(unknown.nodes(ADDRESS, [SLOT], HASH)).rejects.toEqual(unreadable('unknown block'))
  })

  test('stops when told to', async () => {
    const signal = AbortSignal.abort('stop')
    await expect(open().header('latest', { signal })).rejects.toBe('stop')
    await expect(open().nodes(ADDRESS, [SLOT], HASH, { signal })).rejects.toBe('stop')
  })
})

describe('a header', () => {
  const unknownField = { ...BLOCK, hash: `0x${'ba'.repeat(32)}` }

  test('with fields that are unknown here is asked for as it is', async () => {
    const raw = `${header.rlp}`
    const { baseFeePerGas: _, ...lacking } = BLOCK
    for (const told of [lacking, { ...BLOCK, requestsHash: null }, { ...BLOCK, nonce: null }]) {
      const state = open({ eth_getBlockByHash: () => told, debug_getRawHeader: () => raw })
      expect(toHex(await state.header(HASH))).toBe(raw)
    }
  })

  test('is none where nothing the node tells hashes to what it says', async () => {
    const raws = [
      fail(),
      () => null,
      () => header.rlp,
      () => '0x',
      () => 'text',
      () => `0x${'00'.repeat(16 << 20)}`,
      () => 7
    ]
    for (const raw of raws) {
      const state = open({ eth_getBlockByNumber: () => unknownField, debug_getRawHeader: raw })
      await expect(state.header('latest')).rejects.toEqual(unreadable('bad proof'))
    }
  })

  test.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['text', 'text'],
    ['a list', []],
    ['a number', 7],
    ['no hash', { ...BLOCK, hash: null }],
    ['half a hash', { ...BLOCK, hash: '0xba' }],
    ['no number', { ...BLOCK, number: null }],
    ['a number that is none', { ...BLOCK, number: 7 }]
  ])('is no block where it is %s', async (_, answer) => {
    await expect(open({ eth_getBlockByNumber: () => answer }).header('latest')).rejects.toEqual(
      unreadable('malformed answer')
    )
  })
})

describe('a proof', () => {
  test.each<readonly [string, unknown]>([
    ['null', null],
    ['text', '0x'],
    ['an empty object', {}],
    ['an account proof that is text', { ...PROOF, accountProof: '0x00' }],
    ['a storage proof that is no list', { ...PROOF, storageProof: {} }],
    ['a storage proof of nothing', { ...PROOF, storageProof: [null] }],
    ['a proof that is text', { ...PROOF, storageProof: [{ proof: 'text' }] }],
    ['a node that is a number', { ...PROOF, accountProof: [7] }],
    ['a node that is no hex', { ...PROOF, accountProof: ['0xzz'] }],
    ['a node of half a byte', { ...PROOF, accountProof: ['0x123'] }],
    ['a node of no bytes', { ...PROOF, accountProof: ['0x'] }],
    ['a node without 0x', { ...PROOF, accountProof: ['1234'] }],
    ['a node that is a list', { ...PROOF, accountProof: [['0x12']] }],
    ['a node of 16 MiB', { ...PROOF, accountProof: [`0x${'c0'.repeat(16 << 20)}`] }],
    [
      'a million nodes',
      { ...PROOF, accountProof: Array.from({ length: 1_000_000 }, (_, i) => `0x${i.toString(16).padStart(6, '0')}`) }
    ],
    ['a million slots', { ...PROOF, storageProof: Array.from({ length: 1_000_000 }, () => ({ proof: [] })) }]
  ])('is none where it is %s', async (_, answer) => {
    const started = performance.now()
    await expect(open({ eth_getProof: () => answer }).nodes(ADDRESS, [SLOT], HASH)).rejects.toEqual(
      unreadable('malformed answer')
    )
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('is not read to its end over HTTP where it has none', async () => {
    const { url } = await serve((body, response) => {
      const { id, method } = JSON.parse(body)
      const answer = method === 'eth_chainId' ? '0x7a69' : { ...PROOF, accountProof: ['0x00'.repeat(16 << 18)] }
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answer }))
    })
    const state = rpcState({ chain: CHAIN, request: httpRequest(url, { maxBytes: 1 << 20 }) })
    await expect(state.nodes(ADDRESS, [SLOT], HASH)).rejects.toEqual(unreadable('no answer', 'more than 1048576 bytes'))
  })

  test('is asked for at the height where a node takes no hash, and from then on', async () => {
    const byHeight = (_: unknown, __: unknown, at: unknown): unknown => (typeof at === 'string' ? PROOF : fail()())
    const { request, asked } = node({ eth_getProof: byHeight })
    const state = rpcState({ chain: CHAIN, request })
    for (let i = 0; i < 2; i++) expect((await state.nodes(ADDRESS, [SLOT], HASH)).map(toHex)).toEqual(nodes)
    expect(asked.filter(([method]) => method === 'eth_getProof').map(([, , , at]) => at)).toEqual([
      { blockHash: HASH, requireCanonical: true },
      BLOCK.number,
      BLOCK.number
    ])
  })

  test('is not asked for at the height of a block that is gone', async () => {
    const other = { ...BLOCK, hash: `0x${'ba'.repeat(32)}` }
    const { request, asked } = node({ eth_getProof: fail(), eth_getBlockByNumber: () => other })
    await expect(rpcState({ chain: CHAIN, request }).nodes(ADDRESS, [SLOT], HASH)).rejects.toEqual(
      unreadable('unknown block')
    )
    expect(asked.filter(([method]) => method === 'eth_getProof')).toHaveLength(1)
  })

  test('that a node has not is no answer, in its words', async () => {
    const state = open({ eth_getProof: fail('missing trie node') })
    await expect(state.nodes(ADDRESS, [SLOT], HASH)).rejects.toEqual(unreadable('no answer', 'missing trie node'))
  })

  test('counts, and nothing else that the node claims', async () => {
    const lies = {
      ...PROOF,
      address: `0x${'00'.repeat(20)}`,
      balance: '0xffff',
      codeHash: `0x${'11'.repeat(32)}`,
      storageHash: `0x${'22'.repeat(32)}`,
      nonce: '0x9',
      storageProof: [{ key: '0x0', value: `0x${'33'.repeat(32)}`, proof: nodes }]
    }
    const registry = stateRegistry({ chain: CHAIN, address: ADDRESS, state: open({ eth_getProof: () => lies }) })
    const ref = `0x${Buffer.from('a-trend').toString('hex').padEnd(64, '0')}` as const
    const head = await registry.head(PUBLISHER, ref, await registry.block('latest'))
    expect(head).toBe(`0x${'5'.repeat(63)}1`)
  })
})
