import { describe, expect, test } from 'vitest'
import { once } from '../../src/registry/once.ts'

/** Work whose every attempt ends when it is told to, and which notes how it was asked and whether it was stopped. */
function attempts() {
  const all: { asked: string; signal: AbortSignal; end: PromiseWithResolvers<void> }[] = []
  const work = once(async ({ signal }, asked: string) => {
    const end = Promise.withResolvers<void>()
    all.push({ asked, signal: signal!, end })
    await end.promise
  })
  return { all, work }
}

describe('work that needs to go well once', () => {
  test('is done once for all who ask meanwhile, and not again', async () => {
    const { all, work } = attempts()
    const waiting = [work({}, 'first'), work({}, 'second')]
    all[0]!.end.resolve()
    await Promise.all([...waiting, work({}, 'third')])
    await work({}, 'fourth')
    expect(all.map(({ asked }) => asked)).toEqual(['first'])
  })

  test('is done again after it failed, and the failure is told to all who waited', async () => {
    const { all, work } = attempts()
    const waiting = Promise.allSettled([work({}, 'first'), work({}, 'second')])
    all[0]!.end.reject('no')
    expect((await waiting).map((one) => one.status === 'rejected' && one.reason)).toEqual(['no', 'no'])
    const again = work({}, 'third')
    all[1]!.end.resolve()
    await again
    expect(all.map(({ asked }) => asked)).toEqual(['first', 'third'])
  })

  test('is stopped when nobody waits for it any more, and not before', async () => {
    const { all, work } = attempts()
    const [one, other] = [new AbortController(), new AbortController()]
    const waiting = [work({ signal: one.signal }, 'first'), work({ signal: other.signal }, 'second')]
    one.abort('one')
    await expect(waiting[0]).rejects.toBe('one')
    expect(all[0]!.signal.aborted).toBe(false)
    other.abort('other')
    await expect(waiting[1]).rejects.toBe('other')
    expect(all[0]!.signal.aborted).toBe(true)
    const again = work({}, 'third')
    all[0]!.end.reject('too late')
    all[1]!.end.resolve()
    await again
  })

  test('is not begun for one who gave up already', async () => {
    const { all, work } = attempts()
    await expect(work({ signal: AbortSignal.abort('stop') }, 'first')).rejects.toBe('stop')
    expect(all).toEqual([])
  })
})
