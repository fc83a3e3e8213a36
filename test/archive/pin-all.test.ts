import { describe, expect, it } from 'vitest'
import type { PublishAdvance } from '../../src/archive/advance.ts'
import { type PinEvent, pinAll } from '../../src/archive/pin-all.ts'
import { type Block, toBlock } from '../../src/block/block.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import type { BlockSink } from '../../src/block/sink.ts'

const blocksOf = async (count: number, text = ''): Promise<readonly Block[]> =>
  await Promise.all(Array.from({ length: count }, (_, i) => toBlock({ i, text })))

/** A sink that keeps the sizes of what it is handed. */
function sized(name = 'sized', before: () => Promise<void> = async () => undefined) {
  const parts: number[] = []
  const sink: BlockSink = {
    name,
    async pin(blocks, { signal } = {}) {
      await before()
      signal?.throwIfAborted()
      parts.push(blocks.length)
    }
  }
  return { sink, parts }
}

const far = (events: readonly (PinEvent | PublishAdvance)[], sink: string): readonly number[] =>
  events.flatMap((event) => (event.type === 'advanced' && event.sink === sink ? [event.done] : []))

describe('pinning many', () => {
  it('makes a thousand durable at a time, in their order, and tells how far each sink is', async () => {
    const blocks = await blocksOf(2_500)
    const [kept, order] = [memoryBlocks('kept'), [] as Block[]]
    const noting: BlockSink = { name: 'noting', pin: async (part) => void order.push(...part) }
    const events: (PinEvent | PublishAdvance)[] = []
    await pinAll({ sinks: [kept, noting] }, blocks, { onProgress: (event) => events.push(event) })
    expect(order).toEqual(blocks)
    expect(await Array.fromAsync(kept.pinned())).toHaveLength(2_500)
    for (const name of ['kept', 'noting']) expect(far(events, name)).toEqual([0, 1_000, 2_000, 2_500])
    const pinned = events.filter(({ type }) => type === 'pinned')
    expect(pinned).toHaveLength(2)
    for (const sink of ['kept', 'noting']) expect(pinned).toContainEqual({ type: 'pinned', sink, blocks: 2_500 })
  })

  it('makes fewer durable at a time where they are large', async () => {
    const { sink, parts } = sized()
    await pinAll({ sinks: [sink] }, await blocksOf(20, 'x'.repeat(900_000)), {})
    expect(parts).toEqual([9, 9, 2])
  })

  it('tells of one document only that it is pinned', async () => {
    const events: (PinEvent | PublishAdvance)[] = []
    await pinAll({ sinks: [memoryBlocks('kept')] }, await blocksOf(1), { onProgress: (event) => events.push(event) })
    expect(events).toEqual([{ type: 'pinned', sink: 'kept', blocks: 1 }])
  })

  it('counts on with what a slow sink tells of a part, and never back', async () => {
    const telling: BlockSink = {
      name: 'telling',
      async pin(blocks, { onProgress } = {}) {
        for (const done of [0, 400, 300, 800, blocks.length, blocks.length + 1]) {
          onProgress?.({ type: 'advanced', unit: 'documents', done, total: blocks.length })
        }
        onProgress?.({ type: 'advanced', unit: 'bytes', done: 9 })
      }
    }
    const events: (PinEvent | PublishAdvance)[] = []
    await pinAll({ sinks: [telling] }, await blocksOf(1_500), { onProgress: (event) => events.push(event) })
    expect(far(events, 'telling')).toEqual([0, 400, 800, 1_000, 1_400, 1_500])
  })

  it('hears an interrupt between two parts though no sink ever waits, and keeps what was acknowledged', async () => {
    const interrupt = new AbortController()
    const { sink, parts } = sized()
    setTimeout(() => interrupt.abort())
    const work = pinAll({ sinks: [sink] }, await blocksOf(20_000), { signal: interrupt.signal })
    await expect(work).rejects.toMatchObject({ name: 'AbortError' })
    expect(parts.length).toBeGreaterThan(0)
    expect(parts.length).toBeLessThan(20)
  })

  it('stops the other sinks where one fails, waits for them, and rejects with what failed', async () => {
    const failing: BlockSink = { name: 'failing', pin: async () => Promise.reject(new Error('no room')) }
    let isBusy = false
    const { sink, parts } = sized('slow', async () => {
      isBusy = true
      await new Promise((resolve) => setTimeout(resolve, 20))
      isBusy = false
    })
    await expect(pinAll({ sinks: [sink, failing] }, await blocksOf(5_000), {})).rejects.toThrow('no room')
    expect([isBusy, parts]).toEqual([false, []])
  })
})
