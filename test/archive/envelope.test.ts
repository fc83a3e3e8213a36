import { describe, expect, it } from 'vitest'
import {
  MAX_ENVELOPE,
  type OpenedEnvelope,
  openEnvelope,
  sealEnvelope,
  withSignature
} from '../../src/archive/envelope.ts'
import { relay } from '../../src/archive/relay.ts'
import { sign, signEdition } from '../../src/archive/sign.ts'
import { toBlock } from '../../src/block/block.ts'
import { parseCid, toBytes32 } from '../../src/block/cid.ts'
import { encode } from '../../src/document/canonical.ts'
import type { EditionDraft } from '../../src/document/document.ts'
import type { Json } from '../../src/document/json.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { editionTree } from '../../src/registry/tree.ts'
import { draft, NOW, STRANGER } from '../world.ts'
import { signingWorld } from './signing.ts'

const EDITION: EditionDraft = { type: 'edition', title: 'First', slug: 'first', published: '2025-06-01T09:00:00Z' }
const now = NOW

const here = signingWorld()
const { envelopes } = await sign(here.signing(), [draft('edge')], { now })
const ENVELOPE = envelopes[0]!
const TEXT = sealEnvelope(ENVELOPE)
const VALUE = JSON.parse(TEXT)
const LISTED = JSON.parse(
  sealEnvelope((await signEdition(here.signing(), EDITION, [draft('edge'), draft('rust')], { now })).envelopes[0]!)
)
const WORD = `0x${'12'.repeat(32)}`

const refused = (path: string | RegExp, rule: RegExp = /./): object =>
  expect.objectContaining({
    code: 'INVALID_ENVELOPE',
    details: {
      path: typeof path === 'string' ? path : expect.stringMatching(path),
      rule: expect.stringMatching(rule)
    }
  })
const open = async (value: unknown): Promise<OpenedEnvelope> => await openEnvelope(JSON.stringify(value))
const messageWith = (change: object): object => ({ ...VALUE, message: { ...VALUE.message, ...change } })
/** A document like the signed one but for some fields, as an envelope would carry it. */
const documentWith = (change: object): string =>
  new TextDecoder().decode(encode({ ...JSON.parse(VALUE.documents[0]), ...change } as Json))

describe('an envelope', () => {
  it('comes out as it went in', async () => {
    const opened = await openEnvelope(new TextEncoder().encode(TEXT))
    expect(opened).toEqual(ENVELOPE)
    expect(sealEnvelope(opened)).toBe(TEXT)
    expect(sealEnvelope(await open(LISTED))).toBe(`${JSON.stringify(LISTED, undefined, 2)}\n`)
  })

  it('may be unsigned, and is signed later', async () => {
    const { signature, ...unsigned } = VALUE
    const opened = await open(unsigned)
    expect(opened.signature).toBeUndefined()
    expect(sealEnvelope(withSignature(opened, signature))).toBe(TEXT)
    expect(withSignature(opened, '0x').signature).toBe('0x')
    for (const wrong of ['', '1234', '0x1', '0xzz', `0x${'00'.repeat(65_537)}`]) {
      expect(() => withSignature(opened, wrong)).toThrow(refused('$.signature'))
    }
  })

  it('is refused when it is no JSON, or cut anywhere', async () => {
    for (const text of ['', '{', 'null', '[]', '1', '"text"', `${TEXT}x`, `\ufeff${TEXT}`, TEXT.replace('{', '{{')]) {
      await expect(openEnvelope(text)).rejects.toEqual(refused('$'))
    }
    for (let length = 1; length < TEXT.trimEnd().length; length += 37) {
      await expect(openEnvelope(TEXT.slice(0, length)), `${length}`).rejects.toEqual(refused(/^\$/))
    }
    await expect(openEnvelope(Uint8Array.of(0xff, 0xfe))).rejects.toEqual(refused('$', /UTF-8/))
  })

  it('is refused when it is larger than one may be, before it is looked at', async () => {
    const padded = new Uint8Array(MAX_ENVELOPE + 1).fill(0x20)
    await expect(openEnvelope(padded)).rejects.toEqual(refused('$', /at most 32 MiB \(33,554,432 bytes\)/))
    const big = {
      ...ENVELOPE,
      documents: Array.from({ length: 40 }, () => ({
        ...ENVELOPE.documents[0]!,
        bytes: new Uint8Array(1_000_000).fill(0x20)
      }))
    }
    expect(() => sealEnvelope(big)).toThrow(refused('$'))
  })

  it('is refused with a member that is missing, of another kind, or given twice', async () => {
    for (const name of Object.keys(VALUE).filter((one) => one !== 'signature')) {
      const { [name]: _, ...rest } = VALUE
      await expect(open(rest), name).rejects.toEqual(refused(`$.${name}`))
    }
    for (const name of Object.keys(VALUE)) {
      for (const wrong of [null, 7, true, {}, [], [7], '']) {
        if (name === 'documents' && Array.isArray(wrong) && wrong.length === 0) continue
        const where = name === 'message' && typeof wrong === 'object' && wrong !== null ? /^\$\.message/ : `$.${name}`
        await expect(open({ ...VALUE, [name]: wrong }), `${name} ${wrong}`).rejects.toEqual(refused(where))
      }
    }
    for (const name of Object.keys(VALUE.message)) {
      const { [name]: _, ...rest } = VALUE.message
      await expect(open({ ...VALUE, message: rest })).rejects.toEqual(refused(`$.message.${name}`))
      for (const wrong of [null, 7, true, {}, [], '', '0x', '0X12', ' 0x12']) {
        await expect(open(messageWith({ [name]: wrong }))).rejects.toEqual(refused(`$.message.${name}`))
      }
    }
    const twice = TEXT.replace('"chain"', '"chain": "eip155:1", "chain"')
    await expect(openEnvelope(twice)).rejects.toEqual(refused('$.chain', /twice/))
  })

  it('is refused with a member that is unknown, wherever it is', async () => {
    await expect(open({ ...VALUE, note: 'x' })).rejects.toEqual(refused('$', /no member "note"/))
    await expect(open(messageWith({ nonce: '1' }))).rejects.toEqual(refused('$.message', /no member "nonce"/))
    const proto = TEXT.replace('"chain"', '"__proto__": {}, "chain"')
    await expect(openEnvelope(proto)).rejects.toEqual(refused('$', /__proto__/))
  })

  it.each<[string, object, string]>([
    ['another format', { ...VALUE, format: 'trend-archive/publish@2' }, '$.format'],
    ['a chain in words', { ...VALUE, chain: 'mainnet' }, '$.chain'],
    ['a registry in capitals', { ...VALUE, registry: VALUE.registry.toUpperCase() }, '$.registry'],
    ['half a byte of signature', { ...VALUE, signature: '0x123' }, '$.signature'],
    ['another digest', messageWith({ digest: WORD }), '$.message.digest'],
    ['another publisher', messageWith({ publisher: STRANGER }), '$.message.publisher'],
    ['another chain than the document has', { ...VALUE, chain: 'eip155:1' }, '$.message.publisher'],
    ['another ref', messageWith({ ref: refOf('other') }), '$.message.ref'],
    ['a parent where there was none', messageWith({ parent: WORD }), '$.message.parent'],
    ['a tree where there is none', messageWith({ tree: WORD }), '$.message.tree'],
    ['a deadline past the end of time', messageWith({ deadline: String(2n ** 256n) }), '$.message.deadline'],
    ['a deadline with a sign', messageWith({ deadline: '-1' }), '$.message.deadline'],
    ['a deadline that begins with 0', messageWith({ deadline: '01' }), '$.message.deadline'],
    ['no document', { ...VALUE, documents: [] }, '$.documents'],
    ['a document too many', { ...VALUE, documents: [VALUE.documents[0], VALUE.documents[0]] }, '$.documents'],
    ['a document that is none', { ...VALUE, documents: ['{}'] }, '$.documents[0]'],
    ['a document in another spelling', { ...VALUE, documents: [`${VALUE.documents[0]} `] }, '$.documents[0]'],
    ['a document that was changed', { ...VALUE, documents: [documentWith({ title: 'Other' })] }, '$.message.digest'],
    ['the document of another', { ...VALUE, documents: [documentWith({ slug: 'other' })] }, '$.message.digest']
  ])('is refused with %s', async (_, value, path) => {
    await expect(open(value)).rejects.toEqual(refused(path))
  })

  it('is refused when its message is about a document that does not say so itself', async () => {
    const changes: readonly (readonly [object, string])[] = [
      [{ publisher: `eip155:31337:${STRANGER}` }, '$.message.publisher'],
      [{ publisher: VALUE.message.publisher.replace(/^/, 'eip155:1:') }, '$.message.publisher'],
      [{ slug: 'other' }, '$.message.ref'],
      [{ version: 2, previous: String(ENVELOPE.named.cid) }, '']
    ]
    for (const [change, path] of changes) {
      const text = documentWith(change)
      const { cid } = await toBlock(JSON.parse(text))
      const value = { ...messageWith({ digest: toBytes32(cid) }), documents: [text] }
      // A version may follow one that only an edition named: then the ref names nothing yet.
      if (path === '') await expect(open(value)).resolves.toMatchObject({ message: { parent: NONE } })
      else await expect(open(value)).rejects.toEqual(refused(path))
    }
  })

  it('may move no ref, and then has no parent either', async () => {
    await expect(open(messageWith({ ref: NONE }))).resolves.toMatchObject({ message: { ref: NONE } })
    await expect(open(messageWith({ ref: NONE, parent: WORD }))).rejects.toEqual(refused('$.message.parent'))
  })

  it('of an edition has every document that it lists, in its order, and no other', async () => {
    const [edition, edge, rust] = LISTED.documents
    for (const documents of [[edition], [edition, edge], [edition, edge, rust, rust]]) {
      await expect(open({ ...LISTED, documents })).rejects.toEqual(refused('$.documents', /must be 3/))
    }
    await expect(open({ ...LISTED, documents: [edition, rust, edge] })).rejects.toEqual(
      refused('$.documents[1]', /edge@1/)
    )
    const changed = edge.replace('About edge', 'About hedge')
    await expect(open({ ...LISTED, documents: [edition, changed, rust] })).rejects.toEqual(refused('$.documents[1]'))
    await expect(open({ ...LISTED, message: { ...LISTED.message, tree: NONE } })).rejects.toEqual(
      refused('$.message.tree')
    )
  })

  it('of an edition lists no document of another publisher', async () => {
    const [edition, ...members] = LISTED.documents.map((text: string) => JSON.parse(text))
    const theirs = { ...members[0], publisher: `eip155:31337:${STRANGER}` }
    const entries = [{ ...edition.entries[0], cid: String((await toBlock(theirs)).cid) }, edition.entries[1]]
    const listing = await toBlock({ ...edition, entries })
    const tree = editionTree(entries.map(({ cid }: { cid: string }) => toBytes32(parseCid(cid)))).root
    const documents = [{ ...edition, entries }, theirs, members[1]].map((one) => new TextDecoder().decode(encode(one)))
    const message = { ...LISTED.message, digest: toBytes32(listing.cid), tree }
    await expect(open({ ...LISTED, documents, message })).rejects.toEqual(refused('$.documents[1]', /edge@1/))
  })

  it('that was changed in any byte is not relayed', async () => {
    const before = (await here.account.block('latest')).number
    let told = 0
    for (let at = 0; at < TEXT.length; at += 11) {
      const letter = TEXT[at] === '1' ? '2' : '1'
      const changed = TEXT.slice(0, at) + letter + TEXT.slice(at + 1)
      const outcome = openEnvelope(changed).then(async (one) => await relay(here.relaying, [one], { dryRun: true }))
      const error = await outcome.then(
        () => undefined,
        (reason: { readonly code?: string }) => reason
      )
      expect(['INVALID_ENVELOPE', 'REGISTRY_REJECTED'], `${at}: ${changed.slice(at - 20, at + 20)}`).toContain(
        error?.code
      )
      told++
    }
    expect(told).toBeGreaterThan(80)
    expect((await here.account.block('latest')).number).toBe(before)
  })
})
