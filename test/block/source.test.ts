import { describe, expect, test } from 'vitest'
import { memoryBlocks } from '../../src/block/memory.ts'
import { type BlockSource, fetchBlock } from '../../src/block/source.ts'
import { forged, someBlock } from './samples.ts'

const never: BlockSource = { name: 'never', get: async () => await new Promise<never>(() => {}) }
const failing = (name: string): BlockSource => ({
  name,
  get: async () => Promise.reject(new Error(`${name}: no luck`))
})

describe('fetching a block', () => {
  test('takes the first honest answer and stops the others', async () => {
    const block = await someBlock()
    let stopped: unknown
    const slow: BlockSource = {
      name: 'slow',
      get: async (_, { signal } = {}) =>
        await new Promise<never>((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            stopped = signal.reason
            reject(signal.reason)
          })
        })
    }
    const liar: BlockSource = { name: 'liar', get: async () => forged(block).bytes }
    const honest = memoryBlocks()
    await honest.pin([block])
    expect((await fetchBlock([slow, liar, failing('down'), never, honest], block.cid)).bytes).toEqual(block.bytes)
    expect(stopped).toBeDefined()
  })

  test('says of each source why it did not deliver, in their order', async () => {
    const block = await someBlock()
    const liar: BlockSource = { name: 'liar', get: async () => forged(block).bytes }
    const words: BlockSource = { name: 'words', get: async () => Promise.reject('just words') }
    await expect(fetchBlock([failing('a'), liar, words], block.cid)).rejects.toMatchObject({
      code: 'BLOCK_UNAVAILABLE',
      details: {
        cid: String(block.cid),
        sources: ['a', 'liar', 'words'],
        reasons: ['a: no luck', expect.stringMatching(/^liar sent other bytes/), 'just words']
      },
      cause: expect.any(AggregateError)
    })
  })

  test('asks nobody when there is nobody', async () => {
    const { cid } = await someBlock()
    await expect(fetchBlock([], cid)).rejects.toThrow('no source to ask')
  })

  test('ends when the caller gives up, also where a source does not heed the signal', async () => {
    const { cid } = await someBlock()
    await expect(fetchBlock([never], cid, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    await expect(fetchBlock([never], cid, { signal: AbortSignal.timeout(5) })).rejects.toThrow(/timeout/)
  })
})
