import { expect, it } from 'vitest'
import { createDelegation } from '../../src/archive/delegation.ts'
import { sealEnvelope } from '../../src/archive/envelope.ts'
import type { EditionDraft } from '../../src/document/document.ts'
import type { EditorLog } from '../../src/registry/editor-log.ts'
import { ADDRESS, draft, NOW, PUBLISHER, STRANGER } from '../world.ts'
import { signingWorld } from './signing.ts'

const EDITION: EditionDraft = { type: 'edition', title: 'First', slug: 'first', published: '2025-06-01T09:00:00Z' }

it('binds what lets others act to its ports', async () => {
  const here = signingWorld()
  const publisher = createDelegation({ ...here.ports, ...here.signing(), registry: here.account })
  const relayer = createDelegation({ ...here.as('0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'), ...here.relaying })
  const { envelopes } = await publisher.sign([draft('edge')], { now: NOW })
  const series = await publisher.signEdition(EDITION, [draft('rust')], { now: NOW })
  const [text, bytes] = [sealEnvelope(envelopes[0]!), new TextEncoder().encode(sealEnvelope(series.envelopes[0]!))]
  const { relayed } = await relayer.relay([text, bytes])
  expect(relayed.map(({ status }) => status)).toEqual(['relayed', 'relayed'])
  expect(await relayer.relay(envelopes)).toMatchObject({ relayed: [{ status: 'recorded' }] })

  const log: EditorLog = async () => ({ changes: [{ editor: STRANGER, until: 2n ** 40n, block: 1n }], from: 0n })
  expect(await publisher.addEditor(STRANGER, 2n ** 40n)).toMatchObject({ status: 'set' })
  expect(await publisher.editor(STRANGER)).toMatchObject({ status: 'active' })
  expect(await relayer.editor(STRANGER)).toMatchObject({ status: 'none' })
  expect(await relayer.editor(STRANGER, { publisher: PUBLISHER })).toMatchObject({ status: 'active' })
  expect((await publisher.editors({ log, firstBlock: 0n })).editors).toMatchObject([{ editor: STRANGER }])
  expect(await publisher.endEditor(STRANGER)).toMatchObject({ status: 'set' })
  expect(await publisher.disownEditor(STRANGER, 5n)).toMatchObject({ status: 'set', until: 5n })
  expect(here.account.account).toBe(ADDRESS)
})
