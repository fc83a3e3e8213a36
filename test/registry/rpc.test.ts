import { afterAll, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { selectors } from '../../src/registry/abi.ts'
import { httpRequest } from '../../src/registry/http.ts'
import type { ChainBlock, Registry } from '../../src/registry/registry.ts'
import { type Request, rpcRegistry } from '../../src/registry/rpc.ts'
import { openHardhat } from './evm.ts'
import { deadUrl, serveRpc } from './server.ts'

const evm = await openHardhat()
afterAll(evm.close)

const CHAIN = 'eip155:31337'
const PUBLISHER = `0x${'ab'.repeat(20)}` as const
const word = (value: bigint | number): string => value.toString(16).padStart(64, '0')
const DIGEST: Bytes32 = `0x${'d1'.repeat(32)}`
const HASH: Bytes32 = `0x${'ba'.repeat(32)}`
const AT: ChainBlock = { number: 7n, hash: HASH, timestamp: 1000, finality: 'unsafe' }
const unreadable = (reason: string): object =>
  expect.objectContaining({ code: 'REGISTRY_UNAVAILABLE', details: expect.objectContaining({ reason }) })

/** Every read there is, each at a block of the node's or at one it is given. */
const READS: Readonly<Record<string, (registry: Registry) => Promise<unknown>>> = {
  block: async (registry) => await registry.block('latest'),
  record: async (registry) => await registry.record(PUBLISHER, DIGEST, [], AT),
  head: async (registry) => await registry.head(PUBLISHER, DIGEST, AT),
  notice: async (registry) => await registry.notice(PUBLISHER, DIGEST, AT),
  editorUntil: async (registry) => await registry.editorUntil(PUBLISHER, PUBLISHER, AT)
}

describe('a reader', () => {
  test('says so where the node serves another chain', async () => {
    const registry = rpcRegistry({ chain: 'eip155:1', address: evm.address, request: evm.request })
    for (const read of Object.values(READS)) await expect(read(registry)).rejects.toEqual(unreadable('wrong chain'))
  })

  test('says so where there is no contract, or another', async () => {
    const latest = await rpcRegistry({ chain: CHAIN, address: evm.address, request: evm.request }).block('latest')
    const empty = rpcRegistry({ chain: CHAIN, address: PUBLISHER, request: evm.request })
    await expect(empty.record(PUBLISHER, DIGEST, [], latest)).rejects.toEqual(unreadable('no code'))
    await expect(empty.head(PUBLISHER, DIGEST, latest)).rejects.toEqual(unreadable('no code'))
    await expect(empty.notice(PUBLISHER, DIGEST, latest)).rejects.toEqual(unreadable('no code'))
    await expect(empty.editorUntil(PUBLISHER, PUBLISHER, latest)).rejects.toEqual(unreadable('no code'))
    // The proxy answers every call, by an error or with something shorter.
    const other = rpcRegistry({
      chain: CHAIN,
      address: '0x4e59b44847b379578588920ca78fbf26c0b4956c',
      request: evm.request
    })
    await expect(other.head(PUBLISHER, DIGEST, latest)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
  })

  test('says so where nobody answers', async () => {
    const registry = rpcRegistry({ chain: CHAIN, address: evm.address, request: httpRequest(await deadUrl()) })
    for (const read of Object.values(READS)) await expect(read(registry)).rejects.toEqual(unreadable('no answer'))
  })

  test('asks for the chain once', async () => {
    const asked: string[] = []
    const { url } = await serveRpc((method) => {
      asked.push(method)
      return method === 'eth_chainId' ? '0x7a69' : `0x${word(0)}`
    })
    const registry = rpcRegistry({ chain: CHAIN, address: evm.address, request: httpRequest(url) })
    expect(registry.trust).toBe(`rpc:${url.host}`)
    expect(await registry.head(PUBLISHER, DIGEST, AT)).toBeUndefined()
    expect(await registry.editorUntil(PUBLISHER, PUBLISHER, AT)).toBe(0n)
    expect(asked).toEqual(['eth_chainId', 'eth_call', 'eth_call'])
  })

  test('names the block by its hash and insists on the canonical chain', async () => {
    const calls: (readonly unknown[])[] = []
    const request: Request = async ({ method, params }) => {
      if (method === 'eth_chainId') return '0x7a69'
      calls.push(params)
      return `0x${word(1)}${word(2)}${word(3)}`
    }
    await rpcRegistry({ chain: CHAIN, address: evm.address, request }).record(PUBLISHER, DIGEST, [HASH, DIGEST], AT)
    const data = [
      selectors.verify,
      ...[word(BigInt(PUBLISHER)), DIGEST.slice(2), word(96), word(2), HASH.slice(2), DIGEST.slice(2)]
    ].join('')
    expect(calls).toEqual([
      [
        { to: evm.address, data },
        { blockHash: HASH, requireCanonical: true }
      ]
    ])
  })

  test('tells a block that is gone from a node that fails, by asking for the block', async () => {
    const failing = (header: () => unknown): Registry => {
      const request: Request = async ({ method }) => {
        if (method === 'eth_chainId') return '0x7a69'
        if (method === 'eth_call') throw new Error('header not found')
        return header()
      }
      return rpcRegistry({ chain: CHAIN, address: evm.address, request })
    }
    const header = { number: '0x7', timestamp: '0x3e8' }
    const cases = [
      [() => null, 'unknown block'],
      [() => ({ ...header, hash: DIGEST }), 'unknown block'],
      [() => ({ ...header, hash: HASH }), 'no answer'],
      [
        () => {
          throw new Error('down')
        },
        'no answer'
      ]
    ] as const
    for (const [answer, reason] of cases) {
      await expect(failing(answer).head(PUBLISHER, DIGEST, AT)).rejects.toEqual(unreadable(reason))
    }
  })
})

describe('an answer of another shape', () => {
  const answering = (method: string, answer: unknown): Registry => {
    const request: Request = async (call) => {
      if (call.method === method) return answer
      return call.method === 'eth_chainId' ? '0x7a69' : `0x${word(0)}`
    }
    return rpcRegistry({ chain: CHAIN, address: evm.address, request })
  }

  test.each([null, 31337, '31337', '0x', '0x07a69', {}, '0xzz'])('is no chain id: %j', async (answer) => {
    for (const read of Object.values(READS)) {
      await expect(read(answering('eth_chainId', answer))).rejects.toEqual(unreadable('malformed answer'))
    }
  })

  test.each([
    null,
    0,
    {},
    `${word(1)}`,
    `0x${word(1).slice(1)}`,
    `0x${word(1)}00`,
    `0x${word(1)}${word(1)}${word(1)}${word(1)}`,
    `0x${'zz'.repeat(32)}`,
    `0x${'zz'.repeat(96)}`
  ])('is no word and no record: %j', async (answer) => {
    for (const [name, read] of Object.entries(READS)) {
      if (name === 'block') continue
      await expect(read(answering('eth_call', answer)), name).rejects.toEqual(unreadable('malformed answer'))
    }
  })

  test('is no record, where it has bits that a record has not', async () => {
    const time = 1n << 40n
    const account = 1n << 160n
    for (const words of [
      [time, 0n, 1n],
      [1n, time, 1n],
      [1n, 0n, account],
      [1n << 255n, 0n, 1n]
    ]) {
      const registry = answering('eth_call', `0x${words.map(word).join('')}`)
      await expect(READS.record!(registry)).rejects.toEqual(unreadable('malformed answer'))
    }
    const full = answering('eth_call', `0x${[time - 1n, time - 1n, account - 1n].map(word).join('')}`)
    expect(await READS.record!(full)).toEqual({
      publishedAt: 2 ** 40 - 1,
      retractedAt: 2 ** 40 - 1,
      editor: `0x${'ff'.repeat(20)}`
    })
  })

  const HEADER = { number: '0x7', hash: HASH, timestamp: '0x3e8' }
  test.each([
    undefined,
    'text',
    {},
    { ...HEADER, number: 7 },
    { ...HEADER, number: '7' },
    { ...HEADER, hash: '0x12' },
    { ...HEADER, hash: undefined },
    { ...HEADER, timestamp: '0xffffffffffffffff' },
    { ...HEADER, timestamp: null }
  ])('is no block: %j', async (answer) => {
    const registry = answering('eth_getBlockByNumber', answer)
    await expect(registry.block('latest')).rejects.toEqual(unreadable('malformed answer'))
  })

  test('is not the block that was asked for, where its number is another', async () => {
    const registry = answering('eth_getBlockByNumber', HEADER)
    expect(await registry.block('safe')).toEqual({ number: 7n, hash: HASH, timestamp: 1000, finality: 'safe' })
    expect(await registry.block(7n)).toMatchObject({ number: 7n, finality: 'final' })
    await expect(registry.block(8n)).rejects.toEqual(unreadable('malformed answer'))
  })
})

test('a chain without the finalized and safe tags has unsafe blocks only', async () => {
  const request: Request = async ({ method, params }) => {
    if (method === 'eth_chainId') return '0x7a69'
    if (params[0] === 'finalized' || params[0] === 'safe') throw new Error('unknown tag')
    return { number: '0x7', hash: HASH, timestamp: '0x3e8' }
  }
  const registry = rpcRegistry({ chain: CHAIN, address: evm.address, request })
  expect(await registry.block(7n)).toMatchObject({ finality: 'unsafe' })
  await expect(registry.block('finalized')).rejects.toEqual(unreadable('no answer'))
})
