import { describe, expect, it } from 'vitest'
import { publishEdition } from '../../src/archive/edition.ts'
import { pendingName } from '../../src/archive/plan.ts'
import type { WritePorts } from '../../src/archive/ports.ts'
import { publish } from '../../src/archive/publish.ts'
import { retract } from '../../src/archive/retract.ts'
import type { EditionDraft } from '../../src/document/document.ts'
import { noticeSlugFor } from '../../src/document/notice.ts'
import { refOf } from '../../src/registry/ref.ts'
import { ADDRESS, draft, PUBLISHER, type World, world } from '../world.ts'

class PowerCut extends Error {}

/** Ports whose n-th effect fails, before it takes place or after. Later effects fail as well: the power is gone. */
function cutAt(ports: WritePorts, n: number, when: 'before' | 'after'): WritePorts {
  let effects = 0
  const risky =
    <Args extends readonly unknown[], Result>(effect: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const turn = effects++
      if (turn > n || (turn === n && when === 'before')) throw new PowerCut()
      const result = await effect(...args)
      if (turn === n) throw new PowerCut()
      return result
    }
  return {
    ...ports,
    sinks: ports.sinks.map((sink) => ({ ...sink, pin: risky(sink.pin) })),
    registry: { ...ports.registry, send: risky(ports.registry.send) },
    pending: { ...ports.pending, set: risky(ports.pending.set), clear: risky(ports.pending.clear) }
  }
}

const EDITION: EditionDraft = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' }
/** Drafts that leave the time to the tool. */
const untimed = (...slugs: readonly string[]) => slugs.map((slug) => draft(slug, { published: undefined }))

type Job = (ports: WritePorts, now: number) => Promise<unknown>

const JOBS: Readonly<Record<string, Job>> = {
  publish: (ports, now) => publish(ports, untimed('edge', 'wasm'), { now }),
  'publish an edition': (ports, now) => publishEdition(ports, EDITION, untimed('edge', 'wasm'), { now }),
  'publish in several transactions': (ports, now) =>
    publish(ports, untimed(...Array.from({ length: 201 }, (_, i) => `trend-${i}`)), { now }),
  retract: async (ports, now) => {
    const { steps } = await publish(ports, [draft('edge')])
    return await retract(ports, steps[0]!.named, { note: 'Wrong.\n\nEntirely.', now })
  }
}
const REFS = ['edge', 'wasm', 'first', 'trend-0', 'trend-200'].map(refOf)

/** What anybody can see afterwards: which documents are pinned, what the refs name, and what counts as under way. */
async function stateOf({ blocks, account, ports }: World): Promise<unknown> {
  const at = await account.block('latest')
  const heads = await Promise.all(REFS.map((ref) => account.head(ADDRESS, ref, at)))
  const pinned = (await Array.fromAsync(blocks.pinned())).map(String).toSorted()
  const slugs = ['edge', 'wasm', 'first', 'trend-0', 'trend-200', ...pinned.map(noticeSlugFor)]
  const pending = await Promise.all(slugs.map(async (slug) => await ports.pending.get(pendingName(PUBLISHER, slug))))
  return { heads, pinned, pending: pending.filter((cid) => cid !== undefined).map(String) }
}

describe.each(Object.entries(JOBS))('to %s', (_, job) => {
  it('ends in one state, wherever it is cut and run again', async () => {
    const [first, second] = [1_750_000_000, 1_760_000_000]
    const whole = world()
    await job(whole.ports, first)
    const late = world()
    await job(late.ports, second)
    const expected = [await stateOf(whole), await stateOf(late)]
    let cuts = 0
    for (const when of ['before', 'after'] as const) {
      for (let n = 0; ; n++) {
        const here = world()
        const cut = await job(cutAt(here.ports, n, when), first).then(
          () => false,
          (error: unknown) => error instanceof PowerCut
        )
        if (!cut) break
        cuts += 1
        await job(here.ports, second)
        expect(expected, `cut ${when} effect ${n}`).toContainEqual(await stateOf(here))
        await job(here.ports, second + 1)
        expect(expected, `cut ${when} effect ${n}, run a third time`).toContainEqual(await stateOf(here))
      }
    }
    expect(cuts).toBeGreaterThanOrEqual(8)
  }, 60_000)
})
