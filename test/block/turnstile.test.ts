import { expect, test } from 'vitest'
import { turnstile } from '../../src/block/turnstile.ts'

test('lets no more in than there is room for, and each in its turn', async () => {
  const enter = turnstile(3)
  let inside = 0
  let most = 0
  const order: number[] = []
  const visit = async (number: number): Promise<void> => {
    const leave = await enter()
    order.push(number)
    most = Math.max(most, ++inside)
    await new Promise((resolve) => setTimeout(resolve, number % 3))
    inside--
    leave()
  }
  await Promise.all(Array.from({ length: 40 }, (_, number) => visit(number)))
  expect([most, inside]).toEqual([3, 0])
  expect(order).toEqual(Array.from({ length: 40 }, (_, number) => number))
})

test('who has given up passes the place on', async () => {
  const enter = turnstile(1)
  const leave = await enter()
  const gone = new AbortController()
  const waiting = enter(gone.signal)
  const next = enter()
  gone.abort(new Error('enough'))
  leave()
  await expect(waiting).rejects.toThrow('enough')
  const leaveNext = await next
  leaveNext()
  await expect(enter(AbortSignal.abort('before'))).rejects.toBe('before')
  await enter()
})
