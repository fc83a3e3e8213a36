import { expect, onTestFinished, test } from 'vitest'
import type { Block } from '../../src/block/block.ts'
import { keepProvided, type ProvideEvent, type ProvideOptions } from '../../src/block/provide.ts'
import { someBlock, someBlocks } from './samples.ts'

type Node = Parameters<typeof keepProvided>[0]

/** A DHT that is told, in order, and answers as `holders` says. */
function dht(holders: (attempt: number, signal: AbortSignal) => number | Promise<number> = () => 3) {
  const asked: string[] = []
  const node: Node = {
    async provide(cid, signal) {
      asked.push(`provide ${cid}`)
      return await holders(asked.length, signal)
    },
    async withdraw(cid) {
      asked.push(`withdraw ${cid}`)
    }
  }
  return { asked, node }
}

function provided(node: Node, options: Partial<ProvideOptions> = {}) {
  const told: ProvideEvent[] = []
  const kept = keepProvided(node, {
    every: 100_000,
    retry: 100_000,
    timeout: 10_000,
    atOnce: 1,
    onEvent: (event) => told.push(event),
    ...options
  })
  onTestFinished(kept.stop)
  return { ...kept, told }
}

const cidsOf = (blocks: readonly Block[]) => blocks.map(({ cid }) => cid)

test('each document is provided once, those that came last first', async () => {
  const { asked, node } = dht()
  const { add, told } = provided(node)
  const [one, two, three] = cidsOf(await someBlocks(3))
  add([one!])
  add([two!, three!])
  add([one!])
  await expect.poll(() => told.length).toBe(3)
  expect(asked).toEqual([one, three, two].map((cid) => `provide ${cid}`))
  expect(told).toContainEqual({ type: 'provided', cid: one, holders: 3 })
})

test('a document is provided again on schedule, in the order of the first time', async () => {
  const { asked, node } = dht()
  const { add, told } = provided(node, { every: 30 })
  const [one, two] = cidsOf(await someBlocks(2))
  add([one!])
  add([two!])
  await expect.poll(() => told.length).toBeGreaterThanOrEqual(4)
  expect(asked.slice(0, 4)).toEqual([one, two, one, two].map((cid) => `provide ${cid}`))
})

test('what no node takes, or what fails, is told with its reason and tried again sooner', async () => {
  const { node } = dht((attempt) => {
    if (attempt === 1) return 0
    if (attempt === 2) throw new Error('the cable is out')
    return 1
  })
  const { add, told } = provided(node, { retry: 20 })
  const { cid } = await someBlock()
  add([cid])
  await expect
    .poll(() => told)
    .toEqual([
      { type: 'unprovided', cid, reason: 'no node of the DHT took the record' },
      { type: 'unprovided', cid, reason: 'the cable is out' },
      { type: 'provided', cid, holders: 1 }
    ])
})

test('one that hangs is given up at its time, and the next has its turn', async () => {
  const { node } = dht(async (attempt, signal) => {
    if (attempt > 1) return 1
    return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const { add, told } = provided(node, { timeout: 30 })
  add(cidsOf(await someBlocks(2)))
  await expect.poll(() => told.map(({ type }) => type)).toEqual(['unprovided', 'provided'])
})

test('what is removed is withdrawn and not provided again, even if it was under way', async () => {
  const gate = Promise.withResolvers<number>()
  const { asked, node } = dht(() => gate.promise)
  const { add, remove, told } = provided(node, { every: 10, atOnce: 2 })
  const { cid } = await someBlock()
  add([cid])
  remove([cid])
  gate.resolve(1)
  await expect.poll(() => asked).toEqual([`provide ${cid}`, `withdraw ${cid}`, `withdraw ${cid}`])
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(asked).toHaveLength(3)
  expect(told).toEqual([])
})

test('no more are written at once than is allowed', async () => {
  let [now, most] = [0, 0]
  const { node } = dht(async () => {
    now++
    most = Math.max(most, now)
    await new Promise((resolve) => setTimeout(resolve, 2))
    now--
    return 1
  })
  const { add, told } = provided(node, { atOnce: 4 })
  add(cidsOf(await someBlocks(20)))
  await expect.poll(() => told.length).toBe(20)
  expect(most).toBe(4)
})

test('to stop ends what is under way and lets nothing begin', async () => {
  const { asked, node } = dht(async (_, signal) => {
    return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const { add, stop, told } = provided(node)
  const [one, two] = cidsOf(await someBlocks(2))
  add([one!])
  await stop()
  add([two!])
  expect(asked).toEqual([`provide ${one}`])
  expect(told).toEqual([])
})
