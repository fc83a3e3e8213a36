import { expect, test } from 'vitest'
import { turns } from '../../src/registry/turns.ts'

test('work is done one after the other, whatever becomes of it', async () => {
  const queue = turns()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = queue.take(async () => {
    await gate.promise
    done.push('first')
    throw new Error('first failed')
  }, {})
  const second = queue.take(async () => done.push('second'), {})
  expect(queue.areWanted()).toBe(true)
  gate.resolve()
  await expect(first).rejects.toThrow('first failed')
  await second
  expect(queue.areWanted()).toBe(false)
  expect(done).toEqual(['first', 'second'])
})

test('who gives up waiting lets the next wait for those before all the same', async () => {
  const queue = turns()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = queue.take(async () => {
    await gate.promise
    done.push('first')
  }, {})
  const second = queue.take(async () => done.push('second'), { signal: AbortSignal.abort('stop') })
  const third = queue.take(async () => done.push('third'), {})
  await expect(second).rejects.toBe('stop')
  gate.resolve()
  await Promise.all([first, third])
  expect(done).toEqual(['first', 'third'])
})
