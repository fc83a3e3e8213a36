import assert from 'node:assert/strict'
import { Interface, TypedDataEncoder, type Wallet } from 'ethers'
import type { Bytes32 } from '../../src/block/cid.ts'
import { trendRegistryAbi } from '../../src/registry/abi.ts'
import { deployRegistry } from '../../src/registry/deploy.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE } from '../../src/registry/registry.ts'
import { editionTree, keyOf, leafOf } from '../../src/registry/tree.ts'
import { PUBLISH_TYPES } from '../../src/registry/typed-data.ts'
import type { Deployed, Meter, Spent } from './meter.ts'
import { digestOf, type Edition, editionOf, LATE, nameOf, REF, versionsOf, withoutZeroByte } from './samples.ts'

/** As ethers takes types, which it would be free to change. */
const PUBLISH = { Publish: [...PUBLISH_TYPES.Publish] }

const SERIES = refOf('edition-of-the-week')
const TEN = editionOf(10, 10_000)
const HUNDRED = editionOf(100, 20_000)
const THOUSAND = editionOf(1000, 30_000)
const WITHOUT_REF = editionOf(1000, 40_000)
const NEXT_TEN = editionOf(10, 50_000)

/** The names of ten trends. */
const REFS = Array.from({ length: 10 }, (_, i) => refOf(nameOf(i)))

/** The registry on a chain, and those who use it. */
interface Bench {
  readonly meter: Meter
  readonly registry: Deployed
  readonly publisher: Wallet
  readonly editor: Wallet
  readonly relayer: Wallet
}

export type RegistryCosts = Awaited<ReturnType<typeof measureRegistry>>

/**
 * What every verb of the registry costs in its main situations, on a chain where nothing was published. Each effect is
 * read back before its cost counts.
 */
export async function measureRegistry(meter: Meter) {
  const [publisher, editor, relayer] = meter.accounts as readonly [Wallet, Wallet, Wallet]
  const { address, transaction } = await deployRegistry(publisher)
  assert.ok(transaction, 'the registry is on this chain already')
  const registry = { address, coder: new Interface(trendRegistryAbi), ...(await meter.weigh(address, transaction)) }
  const bench = { meter, registry, publisher, editor, relayer }
  const published = {
    ...(await publishOne(bench)),
    ...(await publishEditions(bench)),
    ...(await pointAt(bench)),
    ...(await relay(bench)),
    ...(await publishTen(bench))
  }
  const read = await readBack(bench)
  return { registry, read, spent: { ...published, ...(await retract(bench)), ...(await disown(bench)) } }
}

async function publishOne(bench: Bench) {
  const { meter, registry, publisher, editor } = bench
  const me = publisher.address
  const first = await meter.send(publisher, registry, 'publish', me, REF, digestOf(1), NONE, NONE)
  const next = await meter.send(publisher, registry, 'publish', me, REF, digestOf(2), digestOf(1), NONE)
  const alone = await meter.send(publisher, registry, 'publish', me, NONE, digestOf(3), NONE, NONE)
  const newEditor = await meter.send(publisher, registry, 'setEditor', editor.address, LATE)
  const byEditor = await meter.send(editor, registry, 'publish', me, REF, digestOf(4), digestOf(2), NONE)
  for (const n of [1, 2, 3]) await assertPublished(bench, digestOf(n), [])
  await assertPublished(bench, digestOf(4), [], editor)
  await assertNamed(bench, REF, digestOf(4))
  return {
    'publish, first of a ref': first,
    'publish, next version': next,
    'publish, without a ref': alone,
    'setEditor, a new editor': newEditor,
    'publish, next version, by an editor': byEditor
  }
}

async function publishEditions(bench: Bench) {
  return {
    'publish an edition of 10, first of its ref': await publishEdition(bench, TEN, SERIES, NONE),
    'publish an edition of 100, next version': await publishEdition(bench, HUNDRED, SERIES, TEN.digest),
    'publish an edition of 1,000, next version': await publishEdition(bench, THOUSAND, SERIES, HUNDRED.digest),
    'publish an edition of 10, next version': await publishEdition(bench, NEXT_TEN, SERIES, THOUSAND.digest),
    'publish an edition of 1,000, without a ref': await publishEdition(bench, WITHOUT_REF, NONE, NONE)
  }
}

async function publishEdition(bench: Bench, edition: Edition, ref: Bytes32, parent: Bytes32): Promise<Spent> {
  const { meter, registry, publisher } = bench
  const { digest, tree, listed } = edition
  const spent = await meter.send(publisher, registry, 'publish', publisher.address, ref, digest, parent, tree.root)
  await assertPublished(bench, digest, [tree.root])
  for (const index of [0, listed.length >> 1, listed.length - 1]) await assertListed(bench, edition, index)
  return spent
}

async function pointAt(bench: Bench) {
  const { meter, registry, publisher, editor } = bench
  const ref = refOf('trend-pointed-there')
  const point = async (from: Wallet, digest: Bytes32, parent: Bytes32): Promise<Spent> => {
    const spent = await meter.send(from, registry, 'point', publisher.address, ref, digest, parent)
    await assertNamed(bench, ref, digest)
    return spent
  }
  return {
    'point, first of a ref': await point(publisher, digestOf(101), NONE),
    'point, next version': await point(publisher, digestOf(102), digestOf(101)),
    'point, next version, by an editor': await point(editor, digestOf(103), digestOf(102)),
    'point, deleting a ref': await point(publisher, NONE, digestOf(103))
  }
}

async function relay(bench: Bench) {
  const { publisher, editor } = bench
  return {
    'publishFor, next version, signed by the publisher': await relayOne(bench, publisher, digestOf(5), digestOf(4)),
    'publishFor, next version, signed by an editor': await relayOne(bench, editor, digestOf(6), digestOf(5))
  }
}

async function relayOne(bench: Bench, signer: Wallet, digest: Bytes32, parent: Bytes32): Promise<Spent> {
  const { meter, registry, publisher, relayer } = bench
  const me = publisher.address
  const domain = { name: 'TrendRegistry', version: '1', chainId: meter.chainId, verifyingContract: registry.address }
  const message = { publisher: me, editor: signer.address, ref: REF, digest, parent, tree: NONE }
  const { deadline, signature } = withoutZeroByte(
    (attempt) => {
      const deadline = LATE + attempt
      const signed = TypedDataEncoder.hash(domain, PUBLISH, { ...message, deadline })
      return { deadline, signature: signer.signingKey.sign(signed).serialized }
    },
    ({ signature }) => signature
  )
  const args = [me, REF, digest, parent, NONE, deadline, signer.address, signature]
  const spent = await meter.send(relayer, registry, 'publishFor', ...args)
  await assertPublished(bench, digest, [], signer)
  await assertNamed(bench, REF, digest)
  return spent
}

async function publishTen(bench: Bench) {
  const { meter, registry, publisher } = bench
  const call = (verb: string, ...args: readonly unknown[]): string =>
    registry.coder.encodeFunctionData(verb, [publisher.address, ...args])
  const all = async (calls: readonly string[], version: number): Promise<Spent> => {
    const spent = await meter.send(publisher, registry, 'multicall', calls)
    for (const [i, ref] of REFS.entries()) await assertNamed(bench, ref, versionsOf(version)[i]!)
    return spent
  }
  const pointTo = (version: number): readonly string[] =>
    REFS.map((ref, i) =>
      call('point', ref, versionsOf(version)[i]!, version === 1 ? NONE : versionsOf(version - 1)[i]!)
    )

  const first = await all(pointTo(1), 1)
  const next = await all(pointTo(2), 2)
  const edition = tenVersions(3)
  const provable = await all([...pointTo(3), call('publish', NONE, edition.digest, NONE, edition.tree.root)], 3)
  for (const i of REFS.keys()) await assertListed(bench, edition, i)
  const each = REFS.map((ref, i) => call('publish', ref, versionsOf(4)[i]!, versionsOf(3)[i]!, NONE))
  const recorded = await all(each, 4)
  for (const i of REFS.keys()) await assertPublished(bench, versionsOf(4)[i]!, [])
  return {
    'multicall of 10 points, first of their refs': first,
    'multicall of 10 points, next versions': next,
    'multicall of 10 points and an edition of the ten, next versions': provable,
    'multicall of 10 publishes, next versions': recorded
  }
}

/** An edition of a version of each of the ten trends. */
export function tenVersions(version: number): Edition {
  const listed = versionsOf(version)
  return { listed, tree: editionTree(listed), digest: digestOf(999) }
}

async function readBack({ meter, registry, publisher, editor }: Bench) {
  const me = publisher.address
  const verify = async (digest: Bytes32, proof: readonly Bytes32[], by: Wallet): Promise<number> => {
    const { gas, answer } = await meter.read(registry, 'verify', me, digest, proof)
    assert.equal(answer.editor, by.address)
    return gas
  }
  const listed = async (edition: Edition): Promise<number> => {
    const index = edition.listed.length >> 1
    return await verify(edition.listed[index]!, proofOf(edition, index), publisher)
  }
  const head = await meter.read(registry, 'heads', me, REF)
  assert.equal(head.answer.digest, digestOf(6))
  return {
    'verify, one published alone': await verify(digestOf(3), [], publisher),
    'verify, one published by an editor': await verify(digestOf(4), [], editor),
    'verify, one of 10': await listed(TEN),
    'verify, one of 100': await listed(HUNDRED),
    'verify, one of 1,000': await listed(THOUSAND),
    'heads, what a ref names': head.gas
  }
}

async function retract(bench: Bench) {
  const { meter, registry, publisher } = bench
  const taken = async (digest: Bytes32, proof: readonly Bytes32[]): Promise<void> => {
    const { retractedAt } = await meter.ask(registry, 'verify', publisher.address, digest, proof)
    assert.equal(Number(retractedAt), meter.now())
  }
  const one = await meter.send(publisher, registry, 'retract', leafOf(digestOf(3)))
  await taken(digestOf(3), [])
  const listed = await meter.send(publisher, registry, 'retract', leafOf(THOUSAND.listed[500]!))
  await taken(THOUSAND.listed[500]!, proofOf(THOUSAND, 500))
  const edition = await meter.send(publisher, registry, 'retract', keyOf(WITHOUT_REF.digest, WITHOUT_REF.tree.root))
  await taken(WITHOUT_REF.listed[500]!, proofOf(WITHOUT_REF, 500))
  const leaf = leafOf(digestOf(2))
  const withNotice = await meter.send(publisher, registry, 'multicall', [
    registry.coder.encodeFunctionData('point', [publisher.address, leaf, digestOf(200), NONE]),
    registry.coder.encodeFunctionData('retract', [leaf])
  ])
  await taken(digestOf(2), [])
  await assertNamed(bench, leaf, digestOf(200))
  return {
    'retract, one published alone': one,
    'retract, one of 1,000': listed,
    'retract, an edition of 1,000': edition,
    'multicall of a notice and a retraction': withNotice
  }
}

/** Keeps what the editor published first and disowns what it published then. */
async function disown(bench: Bench) {
  const { meter, registry, publisher, editor } = bench
  const asked = async (n: number) => await meter.ask(registry, 'verify', publisher.address, digestOf(n), [])
  const { publishedAt: kept } = await asked(4)
  const spent = await meter.send(publisher, registry, 'setEditor', editor.address, kept)
  await assertPublished(bench, digestOf(4), [], editor)
  const { publishedAt, retractedAt } = await asked(6)
  assert.ok(publishedAt > kept && retractedAt === publishedAt)
  return { 'setEditor, disowning what it did after a time': spent }
}

const proofOf = ({ digest, tree }: Edition, index: number): readonly Bytes32[] => [...tree.proof(index), leafOf(digest)]

async function assertListed(bench: Bench, edition: Edition, index: number): Promise<void> {
  await assertPublished(bench, edition.listed[index]!, proofOf(edition, index))
}

async function assertPublished(
  { meter, registry, publisher }: Bench,
  digest: Bytes32,
  proof: readonly Bytes32[],
  by = publisher
): Promise<void> {
  const { publishedAt, retractedAt, editor } = await meter.ask(registry, 'verify', publisher.address, digest, proof)
  assert.ok(publishedAt > 0n && retractedAt === 0n && editor === by.address, `${digest} does not stand`)
}

async function assertNamed({ meter, registry, publisher }: Bench, ref: Bytes32, digest: Bytes32): Promise<void> {
  const { digest: head } = await meter.ask(registry, 'heads', publisher.address, ref)
  assert.equal(head, digest)
}
