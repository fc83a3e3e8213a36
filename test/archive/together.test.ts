import { expect, it } from 'vitest'
import { pendingName } from '../../src/archive/plan.ts'
import { publish } from '../../src/archive/publish.ts'
import { refOf } from '../../src/registry/ref.ts'
import { ADDRESS, draft, PUBLISHER, world } from '../world.ts'

const untimed = (slug: string, body = 'It says something.') => draft(slug, { published: undefined, body })
const [FIRST, SECOND] = [1_750_000_000, 1_750_000_001]

it('publishes once what two publish at the same time, a second apart', async () => {
  const { ports, account } = world()
  const drafts = [untimed('edge'), untimed('wasm')]
  const both = await Promise.all([FIRST, SECOND].map(async (now) => await publish(ports, drafts, { now })))
  const at = await account.block('latest')
  for (const [i, slug] of ['edge', 'wasm'].entries()) {
    const head = await account.head(ADDRESS, refOf(slug), at)
    const [one, other] = both.map(({ steps }) => steps[i]!.named)
    expect(one!.document.version).toBe(1)
    expect([one!.cid, other!.cid].map(String)).toEqual([String(one!.cid), String(one!.cid)])
    expect(head).toBeDefined()
    expect(await ports.pending.get(pendingName(PUBLISHER, slug))).toBeUndefined()
  }
  expect(both.map(({ receipts }) => receipts.length).toSorted()).toEqual([0, 1])
})

it('refuses the later of two that say something else under one slug, and makes it the next version when told again', async () => {
  const { ports } = world()
  const texts = ['One thing.', 'Another thing.']
  const both = await Promise.allSettled(texts.map(async (text) => await publish(ports, [untimed('edge', text)])))
  const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(refused).toMatchObject([{ code: 'REGISTRY_REJECTED', details: { reason: 'StaleParent' } }])
  const loser = both.findIndex(({ status }) => status === 'rejected')
  const { steps } = await publish(ports, [untimed('edge', texts[loser])])
  expect(steps.map(({ status, named }) => [status, named.document.version])).toEqual([['new', 2]])
})
