import { describe, expect, it } from 'vitest'
import { createArchive } from '../../src/archive/archive.ts'
import { publish } from '../../src/archive/publish.ts'
import { draft, PUBLISHER, type World, world } from '../world.ts'

const EDITION = { type: 'edition', slug: 'first', title: 'The first', summary: 'All of it.' } as const
const DRAFT = draft('edge', { title: 'Two' })

/** An archive whose account sent the second version a moment ago, in another process: it is mined while one waits. */
async function underWay(): Promise<{ readonly here: World; readonly archive: ReturnType<typeof createArchive> }> {
  const here = world()
  await publish(here.ports, [draft('edge', { title: 'One' })])
  let isMined = false
  const settle = async (): Promise<void> => {
    if (isMined) return
    isMined = true
    await publish(here.ports, [DRAFT])
  }
  const registry = { ...here.ports.registry, settle }
  return { here, archive: createArchive({ ...here.ports, registry }) }
}

describe('what the account sent before', () => {
  it('is waited for before a publish is planned, so that nothing is published twice', async () => {
    const { archive } = await underWay()
    expect(await archive.publish([DRAFT])).toMatchObject({ receipts: [], steps: [{ status: 'unchanged' }] })
  })

  it('is waited for before an edition is planned', async () => {
    const { archive } = await underWay()
    const { steps } = await archive.publishEdition(EDITION, [DRAFT])
    expect(steps).toMatchObject([{ status: 'unchanged', named: { document: { version: 2 } } }])
  })

  it('is waited for before a name is looked up that is about to be changed', async () => {
    const retracting = await underWay()
    const { cid } = await retracting.archive.retract(`${PUBLISHER}/edge`)
    expect((await retracting.archive.resolve(String(cid))).document.version).toBe(2)
    const pointing = await underWay()
    expect(await pointing.archive.point(`${PUBLISHER}/edge@2`)).toMatchObject({ status: 'unchanged' })
  })

  it('is not waited for by a dry run', async () => {
    const { archive } = await underWay()
    const { steps } = await archive.publish([DRAFT], { dryRun: true })
    expect(steps).toMatchObject([{ status: 'new', named: { document: { version: 2 } } }])
  })
})
