import { describe, expect, test } from 'vitest'
import { callsOf } from '../../scripts/kill/calls.ts'
import { faultsOf } from '../../scripts/kill/model.ts'
import { pinFaults } from '../../scripts/kill/pins.ts'
import { publishFaults } from '../../scripts/kill/publishes.ts'
import { anySeed } from '../../scripts/kill/random.ts'
import { endPublishes, killPins } from '../../scripts/kill.ts'

test('a writer that is killed leaves every pin it acknowledged, and no call in part', async () => {
  const found = await killPins(2, anySeed(), 300)
  expect(found, JSON.stringify(found)).toSatisfy((all: typeof found) => pinFaults(all) === 0)
})

test.each(['SIGKILL', 'SIGINT'] as const)(
  'a publication that is ended by %s leaves no CID on chain that nobody holds, and ends well when run again',
  async (signal) => {
    const found = await endPublishes(signal, 1, anySeed())
    expect(found, JSON.stringify(found)).toSatisfy((all: typeof found) => publishFaults(all) === 0)
  }
)

describe('what is left by a writer', () => {
  const workload = { seed: 7, pins: 60 }
  const calls = callsOf(workload.seed, 0, workload.pins)
  const batch = calls.findIndex(({ verb, documents }) => verb === 'pin' && documents.length > 2)
  const NONE = { lost: 0, undone: 0, halved: 0, miscounted: 0 }
  /** What is pinned after so many calls of the only lane. */
  const pinnedAfter = (done: number): Map<number, number> => {
    const kept = new Map<number, Set<number>>()
    for (const { verb, documents, ...call } of calls.slice(0, done)) {
      const root = 'root' in call ? call.root : undefined
      for (const document of documents) {
        if (verb === 'pin') kept.set(document, (kept.get(document) ?? new Set()).add(root ?? document))
        else for (const roots of kept.values()) roots.delete(document)
      }
    }
    return new Map([...kept].filter(([, roots]) => roots.size > 0).map(([document, roots]) => [document, roots.size]))
  }

  test('is sound where the call under way has taken place, or has not', () => {
    for (let done = 0; done < calls.length; done++) {
      expect(faultsOf(workload, [done], pinnedAfter(done))).toEqual(NONE)
      expect(faultsOf(workload, [done], pinnedAfter(done + 1))).toEqual(NONE)
    }
  })

  test('is found out where a pin is lost, an unpin undone, a call half done, or a count wrong', () => {
    const whole = pinnedAfter(calls.length)
    const [some = expect.fail()] = whole.keys()
    const without = new Map(whole)
    without.delete(some)
    expect(faultsOf(workload, [calls.length], without)).toEqual({ ...NONE, lost: 1 })

    const gone = Math.max(...calls.flatMap(({ documents }) => documents)) + 1
    expect(faultsOf(workload, [calls.length], new Map([...whole, [gone, 1]]))).toEqual({ ...NONE, undone: 1 })
    expect(faultsOf(workload, [calls.length], new Map([...whole, [some, 9]]))).toEqual({ ...NONE, miscounted: 1 })

    const part = pinnedAfter(batch)
    part.set(calls[batch]!.documents.at(-1)!, 1)
    part.set(calls[batch]!.documents[0]!, 1)
    expect(faultsOf(workload, [batch], part)).toMatchObject({ lost: 0, halved: 1 })
  })
})
