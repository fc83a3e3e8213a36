import { describe, expect, test } from 'vitest'
import { lacking } from '../../src/block/failure.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { type BlockSource, fetchBlock } from '../../src/block/source.ts'
import { ArchiveError, type ErrorDetails } from '../../src/errors.ts'
import { forged, someBlock, someBlocks } from './samples.ts'

/** Long enough that no test waits for it: what is to come must come for another reason. */
const FOREVER = 20_000

interface Watched extends BlockSource {
  /** How often it was asked. */
  readonly asked: () => number
  /** How often it was told to stop. */
  readonly stopped: () => number
}

function watched(name: string, get: BlockSource['get'], local?: boolean): Watched {
  let asked = 0
  let stopped = 0
  return {
    name,
    local,
    asked: () => asked,
    stopped: () => stopped,
    async get(cid, options) {
      asked++
      options?.signal?.addEventListener('abort', () => stopped++)
      return await get(cid, options)
    }
  }
}

const silent = (name = 'silent'): Watched => watched(name, async () => await new Promise<never>(() => {}))
const failing = (name: string, error: unknown = new Error(`${name}: no luck`)): Watched =>
  watched(name, async () => await Promise.reject(error))
const giving = (bytes: Uint8Array<ArrayBuffer>, name = 'honest'): Watched => watched(name, async () => bytes.slice())
const later = (seconds: number): ArchiveError => {
  const details: ErrorDetails['SOURCE_UNREACHABLE'] = { source: 'busy', reason: 'rate limited', retryAfter: seconds }
  return new ArchiveError('SOURCE_UNREACHABLE', 'busy: later', details)
}

describe('fetching a block', () => {
  test('takes the first honest answer and stops the others', async () => {
    const block = await someBlock()
    const liar = giving(forged(block).bytes, 'liar')
    const slow = silent()
    const honest = giving(block.bytes)
    const after = giving(block.bytes, 'after')
    const sources = [liar, failing('down'), slow, honest, after]
    expect((await fetchBlock(sources, block.cid, { patience: 5 })).bytes).toEqual(block.bytes)
    expect([slow.stopped(), after.asked()]).toEqual([1, 0])
  })

  test('asks the next one only when the one before failed or keeps it waiting', async () => {
    const block = await someBlock()
    const [first, second] = [giving(block.bytes, 'first'), giving(block.bytes, 'second')]
    await fetchBlock([first, second], block.cid)
    expect([first.asked(), second.asked()]).toEqual([1, 0])
    await fetchBlock([failing('down'), second], block.cid, { patience: FOREVER })
    await fetchBlock([silent(), second], block.cid, { patience: 5 })
    expect(second.asked()).toBe(2)
  })

  test('takes the answer of one that was slow, where the next one does not do better', async () => {
    const block = await someBlock()
    const slow = watched('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return block.bytes
    })
    expect((await fetchBlock([slow, silent(), failing('down')], block.cid, { patience: 5 })).bytes).toEqual(block.bytes)
  })

  test('asks what answers from this machine before all others', async () => {
    const [block, other] = await someBlocks(2)
    const remote = giving(block!.bytes, 'remote')
    const memory = memoryBlocks()
    await memory.pin([block!])
    await fetchBlock([remote, memory], block!.cid, { patience: FOREVER })
    expect(remote.asked()).toBe(0)
    await expect(fetchBlock([remote, memory], other!.cid, { patience: FOREVER })).rejects.toThrow('remote')
    expect(remote.asked()).toBe(1)
  })

  test('waits for a source that is dead once, not for each of many blocks', async () => {
    const blocks = await someBlocks(50)
    const held = new Map(blocks.map(({ cid, bytes }) => [String(cid), bytes]))
    const dead = silent('dead')
    const honest = watched('honest', async (cid) => held.get(String(cid))!.slice())
    for (const { cid } of blocks) await fetchBlock([dead, honest], cid, { patience: 5 })
    expect([dead.asked(), honest.asked()]).toEqual([1, 50])
  })

  test.each([
    ['lies', async () => giving(new Uint8Array(3), 'odd')],
    ['fails', async () => failing('odd')]
  ])('asks a source that %s last for a while, and not one that has no such block', async (_, make) => {
    const block = await someBlock()
    const odd = await make()
    const without = failing('without', lacking('without'))
    const honest = giving(block.bytes)
    for (let i = 0; i < 3; i++) await fetchBlock([odd, without, honest], block.cid, { patience: FOREVER })
    expect([odd.asked(), without.asked(), honest.asked()]).toEqual([1, 3, 3])
  })

  test('asks one that said when to come back again then, if nobody else delivers', async () => {
    const block = await someBlock()
    const busy = watched('busy', async () => {
      if (busy.asked() === 1) throw later(0.01)
      return block.bytes
    })
    expect((await fetchBlock([busy, failing('down')], block.cid)).bytes).toEqual(block.bytes)
    const always = failing('always', later(0))
    await expect(fetchBlock([always], block.cid)).rejects.toMatchObject({
      details: { failures: [{ source: 'always', reason: 'rate limited', retryAfter: 0 }] }
    })
    expect(always.asked()).toBe(3)
    const tomorrow = failing('tomorrow', later(86_400))
    await expect(fetchBlock([tomorrow], block.cid)).rejects.toThrow('busy: later')
    expect(tomorrow.asked()).toBe(1)
  })

  test('says of each source why it did not deliver, in their order', async () => {
    const block = await someBlock()
    const liar = giving(forged(block).bytes, 'liar')
    const words = watched('words', async () => await Promise.reject('just words'))
    const rude = {
      name: 'rude',
      get: () => {
        throw undefined
      }
    } as BlockSource
    const gone = failing('gone', new ArchiveError('SOURCE_UNREACHABLE', 'gone: away', { source: 'gone' }))
    const sources = [failing('a'), liar, words, memoryBlocks(), rude, gone, silent()]
    await expect(fetchBlock(sources, block.cid, { patience: 5, deadline: 100 })).rejects.toMatchObject({
      code: 'BLOCK_UNAVAILABLE',
      details: {
        cid: String(block.cid),
        sources: ['a', 'liar', 'words', 'memory', 'rude', 'gone', 'silent'],
        reasons: [
          'a: no luck',
          expect.stringMatching(/^liar sent other bytes/),
          'just words',
          'memory does not have the block',
          'undefined',
          'gone: away',
          'silent: no answer within 100 ms in all'
        ],
        failures: [
          { source: 'a', reason: 'failed' },
          { source: 'liar', reason: 'wrong bytes' },
          { source: 'words', reason: 'failed' },
          { source: 'memory', reason: 'does not have it' },
          { source: 'rude', reason: 'failed' },
          { source: 'gone', reason: 'unreachable' },
          { source: 'silent', reason: 'timed out' }
        ],
        transient: true
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
    const never = silent()
    await expect(fetchBlock([never], cid, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(never.asked()).toBe(0)
    await expect(fetchBlock([never], cid, { signal: AbortSignal.timeout(5) })).rejects.toThrow(/timeout/)
    const busy = failing('busy', later(5))
    await expect(fetchBlock([busy], cid, { signal: AbortSignal.timeout(5) })).rejects.toThrow(/timeout/)
  })

  test('ends at its deadline, also where a source does not heed the signal, and no deadline is too long', async () => {
    const { cid } = await someBlock()
    await expect(fetchBlock([silent()], cid, { deadline: 5 })).rejects.toMatchObject({ details: { transient: true } })
    const down = fetchBlock([silent(), failing('down')], cid, { deadline: Infinity, signal: AbortSignal.timeout(20) })
    await expect(down).rejects.toThrow(/timeout/)
  })
})
