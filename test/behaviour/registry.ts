import { beforeEach, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type PublishMessage, type RegistryCall, type Signature } from '../../src/registry/registry.ts'
import { editionTree, keyOf, leafOf } from '../../src/registry/tree.ts'
import type { Account, World } from '../registry/world.ts'
import { setEditor } from '../world.ts'

const digest = (n: number): Bytes32 => `0x${n.toString(16).padStart(64, '5')}`
const REF = refOf('a-trend')
const [FIRST, SECOND, THIRD] = [digest(1), digest(2), digest(3)]
/** Far enough ahead of every chain's clock. */
export const START = 4_000_000_000

const publish = ({ account: publisher }: Account, fields: Partial<RegistryCall> = {}): RegistryCall => ({
  verb: 'publish',
  publisher,
  ref: REF,
  digest: FIRST,
  parent: NONE,
  tree: NONE,
  ...(fields as object)
})
const point = ({ account: publisher }: Account, fields: Partial<RegistryCall> = {}): RegistryCall => ({
  verb: 'point',
  publisher,
  ref: REF,
  digest: FIRST,
  parent: NONE,
  ...(fields as object)
})
/** A message of an account's about its own ref, as {@link publish} would do it at once. */
const messageOf = ({ account: publisher }: Account, fields: Partial<PublishMessage> = {}): PublishMessage => ({
  publisher,
  editor: publisher,
  ref: REF,
  digest: FIRST,
  parent: NONE,
  tree: NONE,
  deadline: BigInt(START + 100),
  ...fields
})
const relayed = (message: PublishMessage, signature: Signature): RegistryCall => ({
  verb: 'publishFor',
  ...message,
  signature
})
const retract = (node: Bytes32): RegistryCall => ({ verb: 'retract', node })
const refused = (reason: string, args: Readonly<Record<string, string>> = {}): object =>
  expect.objectContaining({ code: 'REGISTRY_REJECTED', details: expect.objectContaining({ reason, args }) })
const unreadable = (reason: string): object =>
  expect.objectContaining({ code: 'REGISTRY_UNAVAILABLE', details: expect.objectContaining({ reason }) })

/** What every registry does, whoever keeps it. `make` begins with one that nobody has used. */
export function describeRegistry(name: string, make: () => Promise<World>): void {
  describe(name, () => {
    let world: World
    beforeEach(async () => {
      world = await make()
      await world.at(START)
    })

    const record = async (of: Bytes32, proof: readonly Bytes32[] = [], by = world.publisher) =>
      await world.reader.record(by.account, of, proof, await world.reader.block('latest'))
    const head = async (ref = REF) =>
      await world.reader.head(world.publisher.account, ref, await world.reader.block('latest'))
    const never = { publishedAt: 0, retractedAt: 0, editor: `0x${'0'.repeat(40)}` }

    test('records a document at the time of its block, under its publisher, and makes the ref name it', async () => {
      const { publisher, reader } = world
      expect(await head()).toBeUndefined()
      expect(await record(FIRST)).toEqual(never)
      const receipt = await publisher.send([publish(publisher)])
      const block = await reader.block(receipt.block.number)
      expect(block).toMatchObject({ hash: receipt.block.hash, timestamp: START })
      expect(await record(FIRST)).toEqual({ publishedAt: START, retractedAt: 0, editor: publisher.account })
      expect(await head()).toBe(FIRST)
      expect(receipt.gasUsed).toBeGreaterThan(21_000n)
    })

    test('moves a ref only away from what it names', async () => {
      const { publisher } = world
      await publisher.send([publish(publisher)])
      const lost = publish(publisher, { digest: SECOND, parent: THIRD })
      await expect(publisher.send([lost])).rejects.toEqual(refused('StaleParent', { ref: REF, head: FIRST }))
      expect(await head()).toBe(FIRST)
      expect(await record(SECOND)).toEqual(never)
      await publisher.send([publish(publisher, { digest: SECOND, parent: FIRST })])
      expect(await head()).toBe(SECOND)
    })

    test('surveys many documents as it tells of each', async () => {
      const { publisher, editor, reader } = world
      await setEditor(publisher, editor.account, BigInt(START + 1000))
      await publisher.send([publish(publisher)])
      await editor.send([publish(publisher, { digest: SECOND, parent: FIRST })])
      await publisher.send([point(publisher, { ref: leafOf(FIRST), digest: THIRD })])
      await publisher.send([retract(leafOf(FIRST))])
      const at = await reader.block('latest')
      const questions = [FIRST, SECOND, THIRD, FIRST].map((of, i) => ({ digest: of, ref: i === 3 ? NONE : REF }))
      const survey = await reader.survey(publisher.account, questions, at)
      expect(survey).toEqual(
        await Promise.all(
          questions.map(async ({ digest: of, ref }) => ({
            record: await reader.record(publisher.account, of, [], at),
            head: await reader.head(publisher.account, ref, at),
            notice: await reader.notice(publisher.account, of, at)
          }))
        )
      )
      expect(survey.map(({ head: named, notice }) => [named, notice])).toEqual([
        [SECOND, THIRD],
        [SECOND, undefined],
        [SECOND, undefined],
        [undefined, THIRD]
      ])
      expect(await reader.survey(publisher.account, [], at)).toEqual([])
    })

    test('writes a record once', async () => {
      const { publisher } = world
      await publisher.send([publish(publisher)])
      const again = publish(publisher, { parent: FIRST })
      await expect(publisher.send([again])).rejects.toEqual(refused('AlreadyRecorded', { node: leafOf(FIRST) }))
    })

    test('records without a ref, and then asks for no parent', async () => {
      const { publisher } = world
      await publisher.send([publish(publisher, { ref: NONE, parent: THIRD })])
      expect(await record(FIRST)).toMatchObject({ publishedAt: START })
      expect(await head(NONE)).toBeUndefined()
    })

    test('refuses the zero digest and the zero ref', async () => {
      const { publisher } = world
      await expect(publisher.send([publish(publisher, { digest: NONE })])).rejects.toEqual(
        refused('ZeroDigest', { ref: REF })
      )
      await expect(publisher.send([point(publisher, { ref: NONE })])).rejects.toEqual(
        refused('ZeroRef', { digest: FIRST })
      )
    })

    test('points without recording, and back again', async () => {
      const { publisher } = world
      await publisher.send([publish(publisher)])
      await publisher.send([point(publisher, { digest: SECOND, parent: FIRST })])
      expect(await head()).toBe(SECOND)
      expect(await record(SECOND)).toEqual(never)
      await publisher.send([point(publisher, { digest: FIRST, parent: SECOND })])
      expect(await head()).toBe(FIRST)
    })

    test('lets the publisher delete a ref, and no editor', async () => {
      const { publisher, editor } = world
      await publisher.send([publish(publisher)])
      await setEditor(publisher, editor.account, BigInt(START + 1000))
      const deletion = point(publisher, { digest: NONE, parent: FIRST })
      await expect(editor.send([deletion])).rejects.toEqual(refused('ZeroDigest', { ref: REF }))
      await publisher.send([deletion])
      expect(await head()).toBeUndefined()
    })

    test('refuses a stranger, whoever they say they are for', async () => {
      const { publisher, stranger } = world
      const refusal = refused('NotEditor', { publisher: publisher.account, account: stranger.account })
      await expect(stranger.send([publish(publisher)])).rejects.toEqual(refusal)
      await expect(stranger.send([point(publisher)])).rejects.toEqual(refusal)
    })

    test('gives a thief of a digest a record of their own and no more', async () => {
      const { publisher, stranger } = world
      await stranger.send([publish(stranger)])
      expect(await head()).toBeUndefined()
      expect(await record(FIRST)).toEqual(never)
      await publisher.send([publish(publisher)])
      expect(await record(FIRST)).toMatchObject({ editor: publisher.account })
      expect(await record(FIRST, [], stranger)).toMatchObject({ editor: stranger.account })
    })

    test('lets an editor publish to the last second of its time, and not one longer', async () => {
      const { publisher, editor, reader } = world
      await setEditor(publisher, editor.account, BigInt(START + 10))
      const latest = await reader.block('latest')
      expect(await reader.editorUntil(publisher.account, editor.account, latest)).toBe(BigInt(START + 10))
      expect(await reader.editorUntil(editor.account, publisher.account, latest)).toBe(0n)
      await world.at(START + 10)
      await editor.send([publish(publisher)])
      expect(await record(FIRST)).toEqual({ publishedAt: START + 10, retractedAt: 0, editor: editor.account })
      await world.at(START + 11)
      const late = publish(publisher, { digest: SECOND, parent: FIRST })
      const refusal = refused('NotEditor', { publisher: publisher.account, account: editor.account })
      await expect(editor.send([late])).rejects.toEqual(refusal)
    })

    test('disowns what an editor published after its end was put back, and owns it again with a later end', async () => {
      const { publisher, editor } = world
      await setEditor(publisher, editor.account, BigInt(START + 1000))
      await world.at(START + 10)
      await editor.send([publish(publisher, { ref: NONE })])
      await world.at(START + 20)
      await editor.send([publish(publisher, { ref: NONE, digest: SECOND })])
      const standing = { retractedAt: 0 }

      await setEditor(publisher, editor.account, BigInt(START + 20))
      expect(await record(SECOND)).toMatchObject(standing)
      await setEditor(publisher, editor.account, BigInt(START + 19))
      expect(await record(FIRST)).toMatchObject(standing)
      expect(await record(SECOND)).toMatchObject({ publishedAt: START + 20, retractedAt: START + 20 })
      await setEditor(publisher, editor.account, 0n)
      expect(await record(FIRST)).toMatchObject({ publishedAt: START + 10, retractedAt: START + 10 })
      await setEditor(publisher, editor.account, BigInt(START + 20))
      expect(await record(SECOND)).toMatchObject(standing)
    })

    test('publishes what the publisher signed, once, whoever sends it', async () => {
      const { publisher, stranger } = world
      const tree = editionTree([digest(11)]).root
      const message = messageOf(publisher, { tree })
      const call = relayed(message, await world.sign(publisher, message))
      const { gas } = await stranger.estimate([call])
      expect(gas).toBeGreaterThanOrEqual((await stranger.send([call])).gasUsed)
      const recorded = { publishedAt: START, retractedAt: 0, editor: publisher.account }
      expect(await record(FIRST, [tree])).toEqual(recorded)
      expect(await record(FIRST, [tree], stranger)).toEqual(never)
      expect(await head()).toBe(FIRST)
      await expect(stranger.send([call])).rejects.toEqual(refused('AlreadyRecorded', { node: keyOf(FIRST, tree) }))
    })

    test('publishes what an editor signed while it is one, and names it in the record', async () => {
      const { publisher, editor, stranger } = world
      const message = messageOf(publisher, { editor: editor.account })
      const call = relayed(message, await world.sign(editor, message))
      const refusal = refused('NotEditor', { publisher: publisher.account, account: editor.account })
      await expect(stranger.send([call])).rejects.toEqual(refusal)
      await setEditor(publisher, editor.account, BigInt(START + 10))
      await world.at(START + 10)
      await stranger.send([call])
      expect(await record(FIRST)).toEqual({ publishedAt: START + 10, retractedAt: 0, editor: editor.account })
    })

    test('takes a signature to the last second of its deadline, and looks at that before anything else', async () => {
      const { publisher, stranger } = world
      const message = messageOf(publisher, { digest: NONE, deadline: BigInt(START + 9) })
      const late = refused('Expired', { deadline: String(START + 9) })
      await world.at(START + 10)
      await expect(stranger.send([relayed(message, '0x')])).rejects.toEqual(late)
      const inTime = messageOf(publisher, { deadline: BigInt(START + 20) })
      await world.at(START + 20)
      await stranger.send([relayed(inTime, await world.sign(publisher, inTime))])
      expect(await record(FIRST)).toMatchObject({ publishedAt: START + 20 })
    })

    test('takes a signature for nothing but what was signed, by whom it names, for this registry', async () => {
      const { publisher, editor, stranger } = world
      const message = messageOf(publisher)
      const signature = await world.sign(publisher, message)
      const bad = refused('BadSignature', { editor: publisher.account })
      const changes: readonly Partial<PublishMessage>[] = [
        { ref: refOf('another') },
        { digest: SECOND },
        { parent: SECOND },
        { tree: SECOND },
        { deadline: message.deadline + 1n }
      ]
      for (const change of changes) {
        await expect(stranger.send([relayed({ ...message, ...change }, signature)])).rejects.toEqual(bad)
      }
      await setEditor(publisher, editor.account, BigInt(START + 1000))
      const others = [
        await world.sign(editor, message),
        await world.sign(publisher, message, { chain: 'eip155:1', address: publisher.address }),
        await world.sign(publisher, message, { chain: publisher.chain, address: stranger.account }),
        signature.slice(0, -2),
        `${signature}00`,
        '0x'
      ] as readonly Signature[]
      for (const other of others) await expect(stranger.send([relayed(message, other)])).rejects.toEqual(bad)
      const renamed = relayed({ ...message, editor: editor.account }, signature)
      await expect(stranger.send([renamed])).rejects.toEqual(refused('BadSignature', { editor: editor.account }))
      await stranger.send([relayed(message, signature)])
    })

    test('refuses what was signed as it refuses what is sent, once the signature is found good', async () => {
      const { publisher, stranger } = world
      const zero = messageOf(publisher, { digest: NONE })
      await expect(stranger.send([relayed(zero, '0x')])).rejects.toEqual(
        refused('BadSignature', { editor: publisher.account })
      )
      await expect(stranger.send([relayed(zero, await world.sign(publisher, zero))])).rejects.toEqual(
        refused('ZeroDigest', { ref: REF })
      )
      const lost = messageOf(publisher, { parent: SECOND })
      await expect(stranger.send([relayed(lost, await world.sign(publisher, lost))])).rejects.toEqual(
        refused('StaleParent', { ref: REF, head: NONE })
      )
    })

    test('relays several signatures in one transaction', async () => {
      const { publisher, editor, stranger } = world
      const first = messageOf(publisher)
      const second = messageOf(editor)
      await stranger.send([
        relayed(first, await world.sign(publisher, first)),
        relayed(second, await world.sign(editor, second))
      ])
      expect(await record(FIRST)).toMatchObject({ editor: publisher.account })
      expect(await record(FIRST, [], editor)).toMatchObject({ editor: editor.account })
    })

    test('sets editors of the account that sends, together with other calls', async () => {
      const { publisher, editor, reader } = world
      await publisher.send([
        { verb: 'setEditor', editor: editor.account, until: 2n ** 256n - 1n },
        publish(publisher),
        { verb: 'setEditor', editor: publisher.account, until: 7n }
      ])
      const at = await reader.block('latest')
      expect(await reader.editorUntil(publisher.account, editor.account, at)).toBe(2n ** 256n - 1n)
      expect(await reader.editorUntil(publisher.account, publisher.account, at)).toBe(7n)
      expect(await record(FIRST)).toMatchObject({ retractedAt: 0 })
    })

    test('lets an editor take nothing back', async () => {
      const { publisher, editor } = world
      await setEditor(publisher, editor.account, BigInt(START + 1000))
      await publisher.send([publish(publisher)])
      await editor.send([retract(leafOf(FIRST))])
      expect(await record(FIRST)).toMatchObject({ retractedAt: 0 })
    })

    test('takes a document back once and for good', async () => {
      const { publisher } = world
      await publisher.send([publish(publisher)])
      await world.at(START + 5)
      await publisher.send([retract(leafOf(FIRST))])
      expect(await record(FIRST)).toEqual({
        publishedAt: START,
        retractedAt: START + 5,
        editor: publisher.account
      })
      const again = publisher.send([retract(leafOf(FIRST))])
      await expect(again).rejects.toEqual(refused('AlreadyRetracted', { node: leafOf(FIRST) }))
    })

    test('lets nothing be published that was taken back before', async () => {
      const { publisher } = world
      await publisher.send([retract(leafOf(FIRST))])
      expect(await record(FIRST)).toEqual({ ...never, retractedAt: START })
      const refusal = refused('AlreadyRecorded', { node: leafOf(FIRST) })
      await expect(publisher.send([publish(publisher)])).rejects.toEqual(refusal)
    })

    test('records an edition: itself under its tree, and every document it lists', async () => {
      const { publisher } = world
      const listed = [digest(11), digest(12), digest(13)]
      const tree = editionTree(listed)
      await publisher.send([publish(publisher, { tree: tree.root })])
      const standing = { publishedAt: START, retractedAt: 0, editor: publisher.account }
      expect(await record(FIRST)).toEqual(never)
      expect(await record(FIRST, [tree.root])).toEqual(standing)
      for (const [i, one] of listed.entries()) {
        expect(await record(one, [...tree.proof(i), leafOf(FIRST)])).toEqual(standing)
        expect(await record(one, tree.proof(i))).toEqual(never)
        expect(await record(one)).toEqual(never)
      }
      const again = publish(publisher, { ref: NONE, tree: tree.root })
      const refusal = refused('AlreadyRecorded', { node: keyOf(FIRST, tree.root) })
      await expect(publisher.send([again])).rejects.toEqual(refusal)
    })

    test('takes back one document of an edition by its leaf, and all by the key', async () => {
      const { publisher } = world
      const listed = [digest(11), digest(12)]
      const tree = editionTree(listed)
      const proofs = listed.map((_, i) => [...tree.proof(i), leafOf(FIRST)])
      await publisher.send([publish(publisher, { tree: tree.root })])
      await world.at(START + 5)
      await publisher.send([retract(leafOf(listed[0]!))])
      expect(await record(listed[0]!, proofs[0])).toMatchObject({ publishedAt: START, retractedAt: START + 5 })
      expect(await record(listed[1]!, proofs[1])).toMatchObject({ retractedAt: 0 })
      await world.at(START + 9)
      await publisher.send([retract(keyOf(FIRST, tree.root))])
      expect(await record(listed[1]!, proofs[1])).toMatchObject({ retractedAt: START + 9 })
      expect(await record(FIRST, [tree.root])).toMatchObject({ retractedAt: START + 9 })
    })

    test('shows what is stored under a key as it is, whatever became of the leaf or the editor', async () => {
      const { publisher, editor, reader } = world
      const keyed = async (key: Bytes32) => await reader.keyed(publisher.account, key, await reader.block('latest'))
      const tree = editionTree([digest(11), digest(12)])
      const key = keyOf(FIRST, tree.root)
      await setEditor(publisher, editor.account, BigInt(START + 1000))
      await world.at(START + 10)
      await editor.send([publish(publisher, { tree: tree.root })])
      await publisher.send([retract(leafOf(FIRST))])
      await setEditor(publisher, editor.account, 0n)
      const stored = { publishedAt: START + 10, retractedAt: 0, editor: editor.account }
      expect(await keyed(key)).toEqual(stored)
      expect(await record(FIRST, [tree.root])).not.toEqual(stored)
      expect(await keyed(leafOf(SECOND))).toEqual(never)
      await world.at(START + 50)
      await publisher.send([retract(key)])
      expect(await keyed(key)).toEqual({ ...stored, retractedAt: START + 50 })
    })

    test('ignores the retraction of an inner node', async () => {
      const { publisher } = world
      const tree = editionTree([digest(11), digest(12)])
      await publisher.send([publish(publisher, { tree: tree.root }), retract(tree.root)])
      expect(await record(digest(11), [...tree.proof(0), leafOf(FIRST)])).toMatchObject({ retractedAt: 0 })
    })

    test('makes several calls in one transaction, in their order', async () => {
      const { publisher } = world
      await publisher.send([
        publish(publisher),
        publish(publisher, { digest: SECOND, parent: FIRST }),
        point(publisher, { digest: THIRD, parent: SECOND }),
        retract(leafOf(FIRST))
      ])
      expect(await head()).toBe(THIRD)
      expect(await record(FIRST)).toMatchObject({ publishedAt: START, retractedAt: START })
      expect(await record(SECOND)).toMatchObject({ publishedAt: START, retractedAt: 0 })
    })

    test('makes none of several calls when one is refused, and mines nothing', async () => {
      const { publisher, reader } = world
      const { number } = await reader.block('latest')
      const calls = [publish(publisher), publish(publisher, { digest: SECOND, parent: THIRD })]
      await expect(publisher.send(calls)).rejects.toEqual(refused('StaleParent', { ref: REF, head: FIRST }))
      expect(await head()).toBeUndefined()
      expect(await record(FIRST)).toEqual(never)
      expect((await reader.block('latest')).number).toBe(number)
    })

    test('asks for at least one call', async () => {
      const asked = expect.objectContaining({ code: 'INVALID_OPTION' })
      await expect(world.publisher.send([])).rejects.toEqual(asked)
      await expect(world.publisher.estimate([])).rejects.toEqual(asked)
    })

    test('says what calls would cost, and refuses as sending would', async () => {
      const { publisher } = world
      const { gas, maxFeePerGas, fee, maxFee } = await publisher.estimate([publish(publisher)])
      expect(maxFeePerGas).toBeGreaterThan(0n)
      const receipt = await publisher.send([publish(publisher)])
      expect(gas).toBeGreaterThanOrEqual(receipt.gasUsed)
      expect(receipt.fee).toBe(receipt.gasUsed * receipt.gasPrice!)
      expect(maxFee).toBeGreaterThanOrEqual(receipt.fee!)
      expect(maxFee).toBeGreaterThanOrEqual(fee)
      const again = [publish(publisher, { parent: FIRST })]
      await expect(publisher.estimate(again)).rejects.toEqual(refused('AlreadyRecorded', { node: leafOf(FIRST) }))
    })

    test('reads at an old block what was true there', async () => {
      const { publisher, editor, reader } = world
      const before = await reader.block('latest')
      await publisher.send([publish(publisher)])
      const between = await reader.block('latest')
      await publisher.send([point(publisher, { digest: SECOND, parent: FIRST }), retract(leafOf(FIRST))])
      await setEditor(publisher, editor.account, 7n)
      expect(await reader.head(publisher.account, REF, before)).toBeUndefined()
      expect(await reader.head(publisher.account, REF, between)).toBe(FIRST)
      expect(await reader.record(publisher.account, FIRST, [], before)).toEqual(never)
      expect(await reader.record(publisher.account, FIRST, [], between)).toMatchObject({ retractedAt: 0 })
      expect(await reader.editorUntil(publisher.account, editor.account, between)).toBe(0n)
    })

    test('finds the notice about a document at the ref of its leaf', async () => {
      const { publisher, reader } = world
      await publisher.send([publish(publisher), point(publisher, { ref: leafOf(FIRST), digest: SECOND })])
      const latest = await reader.block('latest')
      expect(await reader.notice(publisher.account, FIRST, latest)).toBe(SECOND)
      expect(await reader.notice(publisher.account, THIRD, latest)).toBeUndefined()
    })

    test('names the newest block under each tag, and the canonical block of a height', async () => {
      const { reader } = world
      await world.mine()
      const latest = await reader.block('latest')
      expect(latest.finality).toBe('unsafe')
      const final = await reader.block('finalized')
      expect(final.finality).toBe('final')
      expect(final.number).toBeLessThanOrEqual(latest.number)
      const { number, hash, timestamp } = latest
      expect(await reader.block(number)).toMatchObject({ number, hash, timestamp })
      expect((await reader.block(0n)).finality).toBe('final')
    })

    test('tells a block nobody knows from a registry that says nothing', async () => {
      const { publisher, reader } = world
      const latest = await reader.block('latest')
      const gone = unreadable('unknown block')
      await expect(reader.head(publisher.account, REF, { ...latest, hash: digest(99) })).rejects.toEqual(gone)
      await expect(reader.block(latest.number + 1000n)).rejects.toEqual(gone)
    })

    test('reads nothing at a block that was reorganised away', async () => {
      const { publisher, reader } = world
      const lost = await world.forget(async () => {
        await publisher.send([publish(publisher)])
        return await reader.block('latest')
      })
      await expect(reader.head(publisher.account, REF, lost)).rejects.toEqual(unreadable('unknown block'))
      await expect(reader.record(publisher.account, FIRST, [], lost)).rejects.toEqual(unreadable('unknown block'))
      expect(await head()).toBeUndefined()
    })

    test('does nothing once it is told to stop', async () => {
      const { publisher, reader } = world
      const at = await reader.block('latest')
      const signal = AbortSignal.abort('stop')
      await expect(publisher.send([publish(publisher)], { signal })).rejects.toBe('stop')
      await expect(publisher.estimate([publish(publisher)], { signal })).rejects.toBe('stop')
      await expect(reader.block('latest', { signal })).rejects.toBe('stop')
      await expect(reader.head(publisher.account, REF, at, { signal })).rejects.toBe('stop')
      await expect(reader.record(publisher.account, FIRST, [], at, { signal })).rejects.toBe('stop')
      await expect(reader.notice(publisher.account, FIRST, at, { signal })).rejects.toBe('stop')
      await expect(reader.editorUntil(publisher.account, publisher.account, at, { signal })).rejects.toBe('stop')
      expect(await head()).toBeUndefined()
    })
  })
}
