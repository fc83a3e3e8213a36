import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { type Address, parseAddress } from '../../src/document/publisher.ts'
import { selectors } from '../../src/registry/abi.ts'
import { ADDRESS, CODE_DIGEST, PROXY } from '../../src/registry/bytecode.ts'
import { httpRequest } from '../../src/registry/http.ts'
import type { ChainBlock, Registry } from '../../src/registry/registry.ts'
import type { Request } from '../../src/registry/request.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { openHardhat } from './evm.ts'
import { asksForCode, deadUrl, serveRpc } from './server.ts'

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

/** Every read there is at a block, and then also of one. */
const READS_AT: Readonly<Record<string, (registry: Registry, at: ChainBlock) => Promise<unknown>>> = {
  record: async (registry, at) => await registry.record(PUBLISHER, DIGEST, [], at),
  keyed: async (registry, at) => await registry.keyed(PUBLISHER, DIGEST, at),
  head: async (registry, at) => await registry.head(PUBLISHER, DIGEST, at),
  notice: async (registry, at) => await registry.notice(PUBLISHER, DIGEST, at),
  editorUntil: async (registry, at) => await registry.editorUntil(PUBLISHER, PUBLISHER, at)
}
const READS: Readonly<Record<string, (registry: Registry) => Promise<unknown>>> = {
  block: async (registry) => await registry.block('latest'),
  ...Object.fromEntries(
    Object.entries(READS_AT).map(([name, read]) => [name, async (registry: Registry) => await read(registry, AT)])
  )
}

describe('a reader', () => {
  test('says so where the node serves another chain', async () => {
    const registry = rpcRegistry({ chain: 'eip155:1', address: evm.address, request: evm.request })
    for (const read of Object.values(READS)) await expect(read(registry)).rejects.toEqual(unreadable('wrong chain'))
  })

  test('says so where a node turns to another chain, which has a registry at the same address', async () => {
    const other = await openHardhat({ chainId: 1 })
    onTestFinished(other.close)
    expect(other.address).toBe(evm.address)
    let node = evm
    const request: Request = async (call) => await node.request(call)
    const registry = rpcRegistry({ chain: CHAIN, address: evm.address, request })
    const at = await registry.block('latest')
    expect(await registry.head(PUBLISHER, DIGEST, at)).toBeUndefined()
    node = other
    await expect(registry.block('latest')).rejects.toEqual(unreadable('wrong chain'))
    await expect(registry.head(PUBLISHER, DIGEST, at)).rejects.toEqual(unreadable('unknown block'))
  })

  test('says so where there is no contract, or another', async () => {
    const latest = await rpcRegistry({ chain: CHAIN, address: evm.address, request: evm.request }).block('latest')
    const empty = rpcRegistry({ chain: CHAIN, address: PUBLISHER, request: evm.request })
    await expect(empty.record(PUBLISHER, DIGEST, [], latest)).rejects.toEqual(unreadable('no code'))
    await expect(empty.head(PUBLISHER, DIGEST, latest)).rejects.toEqual(unreadable('no code'))
    await expect(empty.notice(PUBLISHER, DIGEST, latest)).rejects.toEqual(unreadable('no code'))
    await expect(empty.editorUntil(PUBLISHER, PUBLISHER, latest)).rejects.toEqual(unreadable('no code'))
    const proxy = rpcRegistry({ chain: CHAIN, address: PROXY, request: evm.request })
    await expect(proxy.head(PUBLISHER, DIGEST, latest)).rejects.toEqual(unreadable('other code'))
  })

  test('says so where nobody answers', async () => {
    const registry = rpcRegistry({ chain: CHAIN, address: evm.address, request: httpRequest(await deadUrl()) })
    for (const read of Object.values(READS)) await expect(read(registry)).rejects.toEqual(unreadable('no answer'))
  })

  test('asks for the chain and the code once, however many reads there are at once', async () => {
    const asked: string[] = []
    const { url } = await serveRpc((method, params) => {
      asked.push(asksForCode(method, params) ? 'code' : method)
      if (method === 'eth_chainId') return '0x7a69'
      return asksForCode(method, params) ? CODE_DIGEST : `0x${word(0)}`
    })
    const registry = rpcRegistry({ chain: CHAIN, address: evm.address, request: httpRequest(url) })
    expect(registry.trust).toBe(`rpc:${url.host}`)
    const heads = [1, 2, 3].map(async () => await registry.head(PUBLISHER, DIGEST, AT))
    expect(await Promise.all(heads)).toEqual([undefined, undefined, undefined])
    expect(await registry.editorUntil(PUBLISHER, PUBLISHER, AT)).toBe(0n)
    expect(asked.toSorted()).toEqual(['code', 'eth_call', 'eth_call', 'eth_call', 'eth_call', 'eth_chainId'])
    expect(asked[0]).toBe('eth_chainId')
  })

  test('names the block by its hash and insists on the canonical chain', async () => {
    const calls: (readonly unknown[])[] = []
    const request: Request = async ({ method, params }) => {
      if (method === 'eth_chainId') return '0x7a69'
      calls.push(params)
      return asksForCode(method, params) ? CODE_DIGEST : `0x${word(1)}${word(2)}${word(3)}`
    }
    await rpcRegistry({ chain: CHAIN, address: evm.address, request }).record(PUBLISHER, DIGEST, [HASH, DIGEST], AT)
    const data = [
      selectors.verify,
      ...[word(BigInt(PUBLISHER)), DIGEST.slice(2), word(96), word(2), HASH.slice(2), DIGEST.slice(2)]
    ].join('')
    const block = { blockHash: HASH, requireCanonical: true }
    expect(calls).toEqual([
      [{ data: `0x73${evm.address.slice(2)}3f60005260206000f3` }, block],
      [{ to: evm.address, data }, block]
    ])
  })

  test('tells a block that is gone from a node that fails, by asking for the block', async () => {
    const failing = (header: () => unknown): Registry => {
      const request: Request = async ({ method }) => {
        if (method === 'eth_chainId') return '0x7a69'
        if (method === 'eth_call' || method === 'eth_getProof') throw new Error('header not found')
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

describe('the code at the address', () => {
  const COPY: Address = `0x${'12'.repeat(20)}`
  /** What a node says to the question for the code, in place of the chain. */
  type Says = (ask: () => Promise<unknown>, method: string) => Promise<unknown>

  const reader = (address: Address = ADDRESS, says?: Says): Registry => {
    const request: Request = async (call, options) => {
      const ask = async (): Promise<unknown> => await evm.request(call, options)
      const isQuestion = asksForCode(call.method, call.params) || call.method === 'eth_getProof'
      return says !== undefined && isQuestion ? await says(ask, call.method) : await ask()
    }
    return rpcRegistry({ chain: CHAIN, address, request })
  }
  const read = async (registry: Registry): Promise<unknown> =>
    await registry.head(PUBLISHER, DIGEST, await registry.block('latest'))
  const refuses = async (registry: Registry, reason: string): Promise<void> => {
    const at = await registry.block('latest')
    for (const one of Object.values(READS_AT)) await expect(one(registry, at)).rejects.toEqual(unreadable(reason))
  }
  /** Puts code at an address for the length of a test. */
  const plant = async (address: Address, code: string): Promise<void> => {
    const before = await evm.request({ method: 'evm_snapshot', params: [] })
    onTestFinished(async () => void (await evm.request({ method: 'evm_revert', params: [before] })))
    await evm.request({ method: 'hardhat_setCode', params: [address, code] })
  }
  const runtime = async (): Promise<string> => await evm.provider.getCode(ADDRESS)
  const noCalls: Says = async (ask, method) => {
    if (method === 'eth_call') throw new Error('missing "to"')
    return await ask()
  }

  test('is missing where there is no account, and where an account has money only', async () => {
    for (const says of [undefined, noCalls]) {
      await refuses(reader(PUBLISHER, says), 'no code')
      await refuses(reader(parseAddress(evm.wallets[0]!.address), says), 'no code')
    }
  })

  test('is refused with one bit changed, though it answers every read', async () => {
    // The last byte is of the compiler's version, which is never run.
    const code = (await runtime()).replace(/..$/, (byte) => word(Number.parseInt(byte, 16) ^ 1).slice(-2))
    await plant(ADDRESS, code)
    const data = `${selectors.heads}${word(0)}${word(0)}`
    expect(await evm.request({ method: 'eth_call', params: [{ to: ADDRESS, data }, 'latest'] })).toBe(`0x${word(0)}`)
    await refuses(reader(), 'other code')
    await refuses(reader(ADDRESS, noCalls), 'other code')
  })

  test.each([
    ['a proxy (EIP-1167)', `0x363d3d373d3d3d363d73${ADDRESS.slice(2)}5af43d82803e903d91602b57fd5bf3`],
    ['an account that delegates (EIP-7702)', `0xef0100${ADDRESS.slice(2)}`]
  ])('is not that of %s, though all it does is to call the registry', async (_, code) => {
    await plant(COPY, code)
    const call = { to: COPY, data: `${selectors.leafOf}${DIGEST.slice(2)}` }
    expect(await evm.request({ method: 'eth_call', params: [call, 'latest'] })).toBe(leafOf(DIGEST))
    await refuses(reader(COPY), 'other code')
  })

  test('is the registry wherever it is', async () => {
    await plant(COPY, await runtime())
    expect(await read(reader(COPY))).toBeUndefined()
  })

  test('is read from the account where a node takes no call without recipient', async () => {
    const asked: string[] = []
    const registry = reader(ADDRESS, async (ask, method) => {
      asked.push(method)
      return await noCalls(ask, method)
    })
    await read(registry)
    await read(registry)
    expect(asked).toEqual(['eth_call', 'eth_getProof'])
  })

  test('is unknown where a node knows neither way, and that is said', async () => {
    const registry = reader(ADDRESS, async () => {
      throw new Error('not supported here')
    })
    await refuses(registry, 'no answer')
    await expect(read(registry)).rejects.toMatchObject({
      message: expect.stringMatching(/neither by a call without recipient nor by eth_getProof: not supported here/),
      hint: 'ask another node'
    })
  })

  test.each([
    '0x',
    null,
    42,
    {},
    `0x${word(1).slice(1)}`,
    `0x${word(1)}00`,
    `0x${'zz'.repeat(32)}`,
    { codeHash: '0x' },
    { codeHash: null }
  ])('is not told by %j, nor is what is read then', async (answer) => {
    await refuses(
      reader(ADDRESS, async () => answer),
      'malformed answer'
    )
    const honestOfAccounts = reader(ADDRESS, async (ask, method) => (method === 'eth_call' ? answer : await ask()))
    expect(await read(honestOfAccounts)).toBeUndefined()
  })

  test('may be spelled in capitals', async () => {
    const registry = reader(ADDRESS, async () => CODE_DIGEST.toUpperCase().replace('X', 'x'))
    expect(await read(registry)).toBeUndefined()
  })

  test('is asked for again after it was not told, and not after it was', async () => {
    let asked = 0
    const registry = reader(ADDRESS, async (ask) => {
      asked += 1
      if (asked <= 2) throw new Error('busy')
      return await ask()
    })
    await expect(read(registry)).rejects.toEqual(unreadable('no answer'))
    for (let i = 0; i < 3; i++) await read(registry)
    expect(asked).toBe(3)
  })

  test('is asked for beside the first read, not before it', async () => {
    const gate = Promise.withResolvers<void>()
    const calls: string[] = []
    const request: Request = async (call, options) => {
      if (call.method === 'eth_call') {
        calls.push(asksForCode(call.method, call.params) ? 'code' : 'read')
        if (calls.length === 2) gate.resolve()
        await gate.promise
      }
      return await evm.request(call, options)
    }
    await read(rpcRegistry({ chain: CHAIN, address: ADDRESS, request }))
    expect(calls).toEqual(['code', 'read'])
  })

  test('is waited for no longer than the reader wants', async () => {
    const silent = reader(ADDRESS, () => new Promise(() => {}))
    const at = await silent.block('latest')
    const stop = new AbortController()
    const [given, other] = [
      silent.head(PUBLISHER, DIGEST, at, { signal: stop.signal }),
      silent.head(PUBLISHER, DIGEST, at)
    ]
    stop.abort('stop')
    await expect(given).rejects.toBe('stop')
    expect(await Promise.race([other, evm.provider.getBlockNumber().then(() => 'still waiting')])).toBe('still waiting')
  })

  test('at a block that is gone is no reason to think ill of the node', async () => {
    const registry = reader()
    const at = await registry.block('latest')
    await expect(registry.head(PUBLISHER, DIGEST, { ...at, hash: HASH })).rejects.toEqual(unreadable('unknown block'))
    expect(await registry.head(PUBLISHER, DIGEST, at)).toBeUndefined()
  })
})

describe('an answer of another shape', () => {
  const answering = (method: string, answer: unknown): Registry => {
    const request: Request = async (call) => {
      if (asksForCode(call.method, call.params)) return CODE_DIGEST
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
