import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../../src/document/publisher.ts'
import { topics } from '../../src/registry/abi.ts'
import { type EditorLogOptions, editorLog } from '../../src/registry/editor-log.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import type { Request } from '../../src/registry/request.ts'
import { setEditor } from '../world.ts'
import { openHardhat } from './evm.ts'

const evm = await openHardhat()
afterAll(evm.close)
beforeEach(evm.reset)

const PUBLISHER: Address = `0x${'aa'.repeat(20)}`
const EDITOR: Address = `0x${'bb'.repeat(20)}`
const REGISTRY: Address = `0x${'7e'.repeat(20)}`
const padded = (address: Address): string => `0x${address.slice(2).padStart(64, '0')}`
const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`

const logAt = (block: bigint, until = block, more: object = {}): Readonly<Record<string, unknown>> => ({
  address: REGISTRY,
  topics: [topics.EditorSet, padded(PUBLISHER), padded(EDITOR)],
  data: word(until),
  blockNumber: `0x${block.toString(16)}`,
  ...more
})

/** A node with logs in some blocks that answers for so many blocks at a time. */
function node({ blocks = [1n, 70n, 99n], width = 1_000_000n }: { blocks?: readonly bigint[]; width?: bigint } = {}) {
  const asked: string[] = []
  const request: Request = async ({ params }) => {
    const { fromBlock, toBlock } = params[0] as { readonly fromBlock: string; readonly toBlock: string }
    const [from, to] = [BigInt(fromBlock), BigInt(toBlock)]
    asked.push(`${from}-${to}`)
    if (to - from + 1n > width) throw Object.assign(new Error('query exceeds the range'), { code: -32005 })
    return blocks.filter((block) => block >= from && block <= to).map((block) => logAt(block))
  }
  return { request, asked }
}

const read = (request: Request, options: Partial<EditorLogOptions> = {}) =>
  editorLog({ address: REGISTRY, request, ...options })(PUBLISHER, { from: 0n, to: 100n })
const unavailable = (reason: string): object =>
  expect.objectContaining({ code: 'REGISTRY_UNAVAILABLE', details: expect.objectContaining({ reason }) })

describe('the log of editors', () => {
  test('names those a publisher set, on a chain, in their order, and nobody else’s', async () => {
    const open = async (index: number) =>
      await ethersRegistry({ chain: 'eip155:31337', address: evm.address, signer: evm.wallets[index]! })
    const [publisher, other] = [await open(0), await open(1)]
    await setEditor(publisher, EDITOR, 5n)
    await setEditor(other, REGISTRY, 6n)
    await setEditor(publisher, PUBLISHER, 2n ** 256n - 1n)
    await setEditor(publisher, EDITOR, 7n)
    const { number } = await publisher.block('latest')
    const log = editorLog({ address: evm.address, request: evm.request })
    expect(await log(publisher.account, { from: 0n, to: number })).toEqual({
      changes: [
        { editor: EDITOR, until: 5n, block: number - 3n },
        { editor: PUBLISHER, until: 2n ** 256n - 1n, block: number - 1n },
        { editor: EDITOR, until: 7n, block: number }
      ],
      from: 0n
    })
  })

  test('is read in one question where the node allows it', async () => {
    const { request, asked } = node()
    expect((await read(request)).changes.map(({ block }) => block)).toEqual([1n, 70n, 99n])
    expect(asked).toEqual(['0-100'])
  })

  test.each([[50n], [10n], [7n], [1n]])(
    'is read whole from a node that answers for %s blocks at a time',
    async (width) => {
      const { request } = node({ width })
      const { changes, from } = await read(request, { most: 1000 })
      expect([changes.map(({ block }) => block), from]).toEqual([[1n, 70n, 99n], 0n])
    }
  )

  test('ends after so many questions, with the newest blocks, and says where', async () => {
    const { request, asked } = node({ width: 10n })
    const { changes, from } = await read(request, { most: 10 })
    expect(asked).toHaveLength(10)
    expect(changes.map(({ block }) => block)).toEqual([70n, 99n])
    expect(from).toBeGreaterThan(1n)
  })

  test('is given up where the node does not even answer for one block, or is not there', async () => {
    let asked = 0
    const refusing: Request = async () => {
      asked++
      throw Object.assign(new Error('no logs here'), { code: -32601 })
    }
    await expect(read(refusing)).rejects.toEqual(unavailable('no answer'))
    asked = 0
    const silent: Request = async () => {
      asked++
      throw new Error('cannot be reached')
    }
    await expect(read(silent)).rejects.toEqual(unavailable('no answer'))
    expect(asked).toBe(3)
  })

  test.each<[string, unknown]>([
    ['no list', { logs: [] }],
    ['nothing', null],
    ['a log that is none', [null]],
    ['a log of another contract', [logAt(5n, 5n, { address: EDITOR })]],
    ['another event', [logAt(5n, 5n, { topics: [topics.Retracted, padded(PUBLISHER), padded(EDITOR)] })]],
    ['a log of another publisher', [logAt(5n, 5n, { topics: [topics.EditorSet, padded(EDITOR), padded(EDITOR)] })]],
    [
      'an editor that is no address',
      [logAt(5n, 5n, { topics: [topics.EditorSet, padded(PUBLISHER), word(2n ** 200n)] })]
    ],
    ['a topic too few', [logAt(5n, 5n, { topics: [topics.EditorSet, padded(PUBLISHER)] })]],
    ['no data', [logAt(5n, 5n, { data: '0x' })]],
    ['a block that was not asked for', [logAt(101n)]],
    ['no block', [logAt(5n, 5n, { blockNumber: null })]]
  ])('is not believed where a node answers with %s', async (_, answer) => {
    await expect(read(async () => answer)).rejects.toEqual(unavailable('malformed answer'))
  })

  test('stops when told to', async () => {
    const signal = AbortSignal.abort('stop')
    const log = editorLog({ address: REGISTRY, request: async () => await Promise.reject(signal.reason) })
    await expect(log(PUBLISHER, { from: 0n, to: 9n }, { signal })).rejects.toBe('stop')
  })
})
