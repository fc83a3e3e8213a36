import { describe, expect, it } from 'vitest'
import { type OpenedEnvelope, openEnvelope, sealEnvelope } from '../../src/archive/envelope.ts'
import { point } from '../../src/archive/point.ts'
import type { RelayPorts } from '../../src/archive/ports.ts'
import { type PublishEvent, publish } from '../../src/archive/publish.ts'
import { relay } from '../../src/archive/relay.ts'
import { retract } from '../../src/archive/retract.ts'
import { clockOf, DEFAULT_LIFE, LONGEST_LIFE, sign, signEdition } from '../../src/archive/sign.ts'
import { toBytes32 } from '../../src/block/cid.ts'
import type { BlockSink } from '../../src/block/sink.ts'
import type { EditionDraft } from '../../src/document/document.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { verify } from '../../src/verdict/verify.ts'
import { ADDRESS, draft, NOW, PUBLISHER, STRANGER, setEditor } from '../world.ts'
import { RELAYER, type SigningWorld, signingWorld } from './signing.ts'

const EDITION: EditionDraft = { type: 'edition', title: 'First', slug: 'first', published: '2025-06-01T09:00:00Z' }
const EVER = 2n ** 40n
const now = NOW

const headOf = async ({ account }: SigningWorld, slug: string) =>
  await account.head(ADDRESS, refOf(slug), await account.block('latest'))
const counting = (): BlockSink & { readonly pinned: string[] } => {
  const pinned: string[] = []
  return { name: 'sink', pinned, pin: async (blocks) => void pinned.push(...blocks.map(({ cid }) => String(cid))) }
}

describe('signing', () => {
  it('pins, signs and sends nothing; what it signed is good for an hour', async () => {
    const here = signingWorld()
    const before = (await here.account.block('latest')).number
    const events: PublishEvent['type'][] = []
    const { steps, envelopes } = await sign(here.signing(), [draft('edge')], {
      now,
      onProgress: ({ type }) => events.push(type)
    })
    expect(steps).toMatchObject([{ status: 'new', slug: 'edge' }])
    expect(envelopes).toMatchObject([
      {
        chain: here.account.chain,
        registry: here.account.address,
        message: { publisher: ADDRESS, editor: ADDRESS, ref: refOf('edge'), parent: NONE, tree: NONE },
        signature: expect.stringMatching(/^0x[0-9a-f]{130}$/)
      }
    ])
    expect(envelopes[0]!.message.deadline).toBe(BigInt(NOW + DEFAULT_LIFE))
    await expect(here.blocks.get(steps[0]!.named.cid)).resolves.toBeInstanceOf(Uint8Array)
    expect((await here.account.block('latest')).number).toBe(before)
    expect(events).toEqual(['pinned'])
  })

  it('gives a draft the same bytes when it is signed again, and none once it is recorded', async () => {
    const here = signingWorld()
    const ports = here.signing()
    const untimed = draft('edge', { published: undefined })
    const first = await sign(ports, [untimed], { now })
    const again = await sign(ports, [untimed], { now: now + 500 })
    expect(again.envelopes[0]!.named.cid.equals(first.envelopes[0]!.named.cid)).toBe(true)
    expect(again.envelopes[0]!.message.deadline).toBe(first.envelopes[0]!.message.deadline + 500n)
    await relay(here.relaying, first.envelopes)
    expect(await sign(ports, [untimed], { now })).toMatchObject({ steps: [{ status: 'unchanged' }], envelopes: [] })
  })

  it('plans the next version after what is recorded', async () => {
    const here = signingWorld()
    await publish(here.ports, [draft('edge')])
    const { envelopes } = await sign(here.signing(), [draft('edge', { title: 'Two' })], { now })
    expect(envelopes[0]).toMatchObject({ named: { document: { version: 2 } } })
    expect(envelopes[0]!.message.parent).toBe(await headOf(here, 'edge'))
  })

  it('signs nothing without a key, for a wallet elsewhere to do', async () => {
    const here = signingWorld()
    const { signMessage: _, ...keyless } = here.signing()
    const { envelopes } = await sign(keyless, [draft('edge')], { now })
    expect(envelopes[0]!.signature).toBeUndefined()
    await expect(here.blocks.get(envelopes[0]!.named.cid)).resolves.toBeInstanceOf(Uint8Array)
  })

  it('changes nothing on a dry run', async () => {
    const here = signingWorld()
    const sink = counting()
    const ports = { ...here.signing(), sinks: [sink] }
    const { envelopes } = await sign(ports, [draft('edge')], { now, dryRun: true })
    expect(envelopes[0]!.signature).toBeUndefined()
    expect(sink.pinned).toEqual([])
  })

  it('pins nothing for an account that may not publish, and signs for an editor that may', async () => {
    const here = signingWorld()
    const sink = counting()
    const ports = { ...here.signing(STRANGER), sinks: [sink] }
    const options = { now, publisher: PUBLISHER }
    await expect(sign(ports, [draft('edge')], options)).rejects.toMatchObject({ details: { reason: 'NotEditor' } })
    expect(sink.pinned).toEqual([])
    await setEditor(here.account, STRANGER, EVER)
    const { envelopes } = await sign(here.signing(STRANGER), [draft('edge')], options)
    await relay(here.relaying, envelopes)
    const verdict = await verify(here.reading, envelopes[0]!.named)
    expect(verdict).toMatchObject({ status: 'verified', recorded: { record: { editor: STRANGER } } })
  })

  it('keeps a deadline ahead, within 30 days, by the later of the two clocks', async () => {
    const here = signingWorld()
    const ports = here.signing()
    const until = async (deadline: number): Promise<bigint> =>
      (await sign(ports, [draft('edge')], { now, deadline })).envelopes[0]!.message.deadline
    expect(await until(NOW + 60)).toBe(BigInt(NOW + 60))
    expect(await until(NOW + LONGEST_LIFE)).toBe(BigInt(NOW + LONGEST_LIFE))
    for (const wrong of [NOW, NOW - 1, NOW + LONGEST_LIFE + 1, Number.NaN, NOW + 0.5]) {
      await expect(until(wrong), String(wrong)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        details: { option: 'deadline' }
      })
    }
    expect([clockOf(5, 7), clockOf(7, 5)]).toEqual([7, 7])
  })

  it('refuses what only has to be named again, which cannot be relayed', async () => {
    const here = signingWorld()
    const { steps } = await publish(here.ports, [draft('edge')])
    await publish(here.ports, [draft('edge', { title: 'Two' })])
    await point(here.ports, steps[0]!.named)
    await expect(sign(here.signing(), [draft('edge', { title: 'Two' })], { now })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      hint: expect.stringContaining('trend-archive point')
    })
  })

  it('leaves nothing signed when whoever signs declines', async () => {
    const here = signingWorld()
    const declined = Object.assign(new Error('declined'), { code: 'NO_ACCOUNT' })
    const ports = { ...here.signing(), signMessage: async () => await Promise.reject(declined) }
    await expect(sign(ports, [draft('edge')], { now })).rejects.toBe(declined)
    const signal = AbortSignal.abort()
    await expect(sign(here.signing(), [draft('edge')], { now, signal })).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('signing an edition', () => {
  it('is one signature for all of its members, which stand by it', async () => {
    const here = signingWorld()
    const { envelopes, steps } = await signEdition(here.signing(), EDITION, [draft('edge'), draft('rust')], { now })
    expect(envelopes).toHaveLength(1)
    expect(envelopes[0]!.documents).toHaveLength(3)
    await relay({ ...here.relaying, sinks: [here.blocks] }, envelopes)
    for (const { named } of [...steps, envelopes[0]!]) {
      expect(await verify(here.reading, named)).toMatchObject({ status: 'verified', standing: 'current' })
    }
    expect(await headOf(here, 'edge')).toBeUndefined()
  })

  it('signs for a member of its own whose slug names an older version, which would be taken for the newest', async () => {
    const here = signingWorld()
    await publish(here.ports, [draft('edge'), draft('same')])
    const members = [draft('edge', { title: 'Two' }), draft('rust'), draft('same')]
    const { envelopes, steps } = await signEdition(here.signing(), EDITION, members, { now })
    expect(envelopes.map(({ named: { document } }) => `${document.slug}@${document.version}`)).toEqual([
      'edge@2',
      'first@1'
    ])
    // What was a version already is in the envelope as well: the relayer needs nothing else.
    expect(envelopes[1]!.documents).toHaveLength(4)
    await relay(here.relaying, envelopes)
    for (const { named } of steps) {
      expect(await verify(here.reading, named)).toMatchObject({ status: 'verified', standing: 'current' })
    }
    expect(await signEdition(here.signing(), EDITION, members, { now })).toMatchObject({ envelopes: [] })
  })

  it('signs for each new member where that is wanted, so that its own slug names it', async () => {
    const here = signingWorld()
    const members = [draft('edge'), draft('rust')]
    const { envelopes } = await signEdition(here.signing(), EDITION, members, { now, refs: true })
    expect(envelopes).toHaveLength(3)
    await relay(here.relaying, envelopes)
    expect(await headOf(here, 'rust')).toBeDefined()
  })

  it('that is retracted before it was sent can never be recorded, nor what it lists', async () => {
    const here = signingWorld()
    const { envelopes, steps } = await signEdition(here.signing(), EDITION, [draft('edge')], { now })
    const { named } = envelopes[0]!
    expect(await retract(here.ports, named)).toMatchObject({ status: 'retracted' })
    await expect(relay(here.relaying, envelopes)).rejects.toMatchObject({ details: { reason: 'AlreadyRecorded' } })
    const { message, signature = '0x' } = envelopes[0]!
    const sent = here.as(RELAYER).registry.send([{ verb: 'publishFor', ...message, signature }])
    await expect(sent).rejects.toMatchObject({ details: { reason: 'AlreadyRecorded' } })
    expect((await verify(here.reading, steps[0]!.named)).status).toBe('refuted')
    expect(await retract(here.ports, named)).toMatchObject({ status: 'unchanged' })
  })
})

describe('relaying', () => {
  const signed = async (here: SigningWorld, ...slugs: readonly string[]) =>
    (
      await sign(
        here.signing(),
        slugs.map((slug) => draft(slug)),
        { now }
      )
    ).envelopes

  it('pins what it sends, before it sends it, and needs nothing but the envelope', async () => {
    const here = signingWorld()
    const [envelope] = await signed(here, 'edge')
    const sink = counting()
    const events: PublishEvent['type'][] = []
    const ports = { ...here.relaying, sinks: [sink] }
    const opened = await openEnvelope(sealEnvelope(envelope!))
    const { relayed, receipt } = await relay(ports, [opened], { onProgress: ({ type }) => events.push(type) })
    expect(relayed).toMatchObject([{ status: 'relayed', record: { editor: ADDRESS, retractedAt: 0 } }])
    expect(receipt).toBeDefined()
    expect(sink.pinned).toEqual([String(envelope!.named.cid)])
    expect(events).toEqual(['pinned', 'recorded'])
    expect(await headOf(here, 'edge')).toBe(toBytes32(envelope!.named.cid))
  })

  it('does nothing the second time, though the deadline is over', async () => {
    const here = signingWorld()
    const envelopes = await signed(here, 'edge')
    await relay(here.relaying, envelopes)
    here.at(NOW + DEFAULT_LIFE + 100)
    here.chain.mine()
    const { number } = await here.account.block('latest')
    expect(await relay(here.relaying, envelopes)).toMatchObject({
      relayed: [{ status: 'recorded', record: { editor: ADDRESS } }],
      receipt: undefined
    })
    expect((await here.account.block('latest')).number).toBe(number)
  })

  it('sends several as one transaction, older versions first, each once', async () => {
    const here = signingWorld()
    const [first] = await signed(here, 'edge')
    await relay(here.relaying, [first!])
    const [second] = (await sign(here.signing(), [draft('edge', { title: 'Two' })], { now })).envelopes
    const [other] = await signed(here, 'rust')
    const twin = await openEnvelope(sealEnvelope(other!))
    const { relayed, receipt } = await relay(here.relaying, [second!, other!, twin, first!])
    expect(relayed.map(({ status }) => status)).toEqual(['relayed', 'relayed', 'recorded', 'recorded'])
    expect(receipt).toBeDefined()
  })

  it('sends all or nothing', async () => {
    const here = signingWorld()
    const [good, stale] = await signed(here, 'rust', 'edge')
    await publish(here.ports, [draft('edge', { title: 'Faster' })])
    const sink = counting()
    const both = relay({ ...here.relaying, sinks: [sink] }, [good!, stale!])
    await expect(both).rejects.toMatchObject({ details: { reason: 'StaleParent' } })
    expect(sink.pinned).toEqual([])
    expect(await headOf(here, 'rust')).toBeUndefined()
  })

  it('only checks and estimates on a dry run', async () => {
    const here = signingWorld()
    const envelopes = await signed(here, 'edge')
    const sink = counting()
    const ports = { ...here.relaying, sinks: [sink] }
    const { relayed, cost } = await relay(ports, envelopes, { dryRun: true })
    expect(relayed).toMatchObject([{ status: 'relayed', record: { publishedAt: 0 } }])
    expect(cost?.gas).toBeGreaterThan(40_000n)
    expect(sink.pinned).toEqual([])
    expect(await headOf(here, 'edge')).toBeUndefined()
    await relay(here.relaying, envelopes)
    expect((await relay(ports, envelopes, { dryRun: true })).cost).toBeUndefined()
  })

  it('pins nothing that the registry would not take, and says why', async () => {
    const here = signingWorld()
    const [envelope] = await signed(here, 'edge')
    const sink = counting()
    const ports = { ...here.relaying, sinks: [sink] }
    const { signature: _, ...unsigned } = envelope!
    const refusal = (reason: string) => ({ code: 'REGISTRY_REJECTED', details: { reason }, hint: expect.any(String) })
    await expect(relay(ports, [unsigned])).rejects.toMatchObject({
      code: 'INVALID_ENVELOPE',
      details: { path: '$.signature' },
      hint: expect.stringContaining('--signature')
    })
    const [theirs] = (await sign(here.signing(STRANGER), [draft('edge')], { now })).envelopes
    const forged = { ...envelope!, signature: theirs!.signature }
    await expect(relay(ports, [forged])).rejects.toMatchObject({
      ...refusal('BadSignature'),
      message: expect.stringContaining('would refuse edge@1: BadSignature')
    })
    // Where signatures cannot be looked at beforehand, trying it out says the same.
    const blind = { ...ports, checkSignature: undefined }
    await expect(relay(blind, [forged])).rejects.toMatchObject(refusal('BadSignature'))
    await expect(relay({ ...ports, checkSignature: async () => undefined }, [forged])).rejects.toMatchObject(
      refusal('BadSignature')
    )
    here.at(NOW + DEFAULT_LIFE + 100)
    here.chain.mine()
    await expect(relay(ports, [envelope!])).rejects.toMatchObject({
      ...refusal('Expired'),
      message: expect.stringContaining('would refuse edge@1: Expired')
    })
    expect(sink.pinned).toEqual([])
  })

  it('refuses what is for another chain or registry', async () => {
    const here = signingWorld()
    const [envelope] = await signed(here, 'edge')
    const { registry } = here.relaying
    const elsewhere = { ...here.relaying, registry: { ...registry, chain: 'eip155:1' as const } }
    await expect(relay(elsewhere, [envelope!])).rejects.toMatchObject({
      code: 'INVALID_ENVELOPE',
      details: { path: '$.chain' },
      hint: expect.stringContaining('--network eip155:31337')
    })
    const another = { ...here.relaying, registry: { ...registry, address: STRANGER } }
    await expect(relay(another, [envelope!])).rejects.toMatchObject({ details: { path: '$.registry' } })
  })

  it('refuses what its publisher burnt, and an editor that was ended', async () => {
    const here = signingWorld()
    const [envelope] = await signed(here, 'edge')
    await retract(here.ports, envelope!.named)
    await expect(relay(here.relaying, [envelope!])).rejects.toMatchObject({
      details: { reason: 'AlreadyRecorded' },
      hint: expect.stringContaining('took it back before it was sent')
    })
    await setEditor(here.account, STRANGER, EVER)
    const { envelopes } = await sign(here.signing(STRANGER), [draft('rust')], { now, publisher: PUBLISHER })
    await setEditor(here.account, STRANGER, 1n)
    await expect(relay(here.relaying, envelopes)).rejects.toMatchObject({ details: { reason: 'NotEditor' } })
  })

  it('says so where what it sent once was taken back since', async () => {
    const here = signingWorld()
    const [envelope] = await signed(here, 'edge')
    await relay(here.relaying, [envelope!])
    await retract(here.ports, envelope!.named)
    const { relayed } = await relay(here.relaying, [envelope!])
    expect(relayed[0]).toMatchObject({ status: 'recorded', record: { retractedAt: expect.any(Number) } })
    expect(relayed[0]!.record.retractedAt).not.toBe(0)
  })

  /** The relayer's registry, but that another relayer gets ahead of its first transaction with some envelopes. */
  const beaten = (here: SigningWorld, ahead: readonly OpenedEnvelope[]): RelayPorts => {
    const { registry } = here.relaying
    let isAhead = false
    const send: typeof registry.send = async (...args) => {
      if (!isAhead) await relay(here.relaying, ahead)
      isAhead = true
      return await registry.send(...args)
    }
    return { ...here.relaying, registry: { ...registry, send } }
  }

  it('sends the rest where another relayer was faster with a part, or nothing where it was with all', async () => {
    const here = signingWorld()
    const [one, two, three] = await signed(here, 'edge', 'rust', 'go')
    const { relayed } = await relay(beaten(here, [one!]), [one!, two!])
    expect(relayed.map(({ status }) => status)).toEqual(['recorded', 'relayed'])
    expect(await relay(beaten(here, [three!]), [three!])).toMatchObject({
      relayed: [{ status: 'recorded' }],
      receipt: undefined
    })
  })

  it('takes no more at once than a transaction holds, and needs somewhere to keep bytes', async () => {
    const here = signingWorld()
    const { signMessage: _, ...keyless } = here.signing()
    const drafts = Array.from({ length: 121 }, (__, i) => draft(`trend-${i}`))
    const { envelopes } = await sign(keyless, drafts, { now })
    await expect(relay(here.relaying, envelopes)).rejects.toMatchObject({ details: { option: 'envelopes' } })
    await expect(relay(here.relaying, envelopes.slice(1))).rejects.toMatchObject({ details: { path: '$.signature' } })
    const some = await signed(here, 'edge')
    await expect(relay({ ...here.relaying, sinks: [] }, some)).rejects.toMatchObject({ details: { option: 'sinks' } })
    expect(await relay(here.relaying, [])).toMatchObject({ relayed: [], receipt: undefined })
  })
})
