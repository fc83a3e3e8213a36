import assert from 'node:assert/strict'
import { Interface, toUtf8Bytes, type Wallet } from 'ethers'
import type { Bytes32 } from '../../src/block/cid.ts'
import { ofEditions, ofNextVersion, spentOn } from './figures.ts'
import { type Deployed, eventsOf, type Meter, type Spent, type Target } from './meter.ts'
import { type Figures, NO_EDITORS, NO_NAMES, NO_NEWEST, NO_SIGNATURES, ONE_BY_ONE, type Peer } from './peer.ts'
import { digestOf, NAME, versionsOf } from './samples.ts'
import { artifactOf, versionOf } from './solidity.ts'

const PACKAGE = '@verax-attestation-registry/verax-contracts'
const VERSION = versionOf(PACKAGE)
const SCHEMA = 'bytes32 digest'
/** The first four bytes of every id: how the registries of several chains are told apart. */
const CHAIN_PREFIX = '0x0001000000000000000000000000000000000000000000000000000000000000'

/** Verax on a chain, with a schema for digests and a portal of the publisher's. */
interface Verax {
  readonly meter: Meter
  readonly attestations: Target
  readonly portal: Target
  readonly schema: string
  readonly publisher: Wallet
  readonly parts: readonly Deployed[]
}

const veraxArtifact = (name: string) => artifactOf(`${PACKAGE}/build/${name}.json`)

/** As Verax's own script deploys it: each part behind a proxy that can be upgraded, each told of the router. */
async function deployVerax(meter: Meter): Promise<Verax> {
  const [publisher] = meter.accounts as readonly [Wallet]
  const parts: Deployed[] = []
  const proxied = async (name: string, ...args: readonly unknown[]): Promise<Target> => {
    const implementation = await meter.deploy(publisher, veraxArtifact(name), ...args)
    const { coder } = implementation
    const initialize = coder.encodeFunctionData('initialize')
    const proxy = await meter.deploy(publisher, PROXY, implementation.address, publisher.address, initialize)
    parts.push(implementation, proxy)
    return { address: proxy.address, coder }
  }
  const router = await proxied('Router')
  const attestations = await proxied('AttestationRegistry')
  const modules = await proxied('ModuleRegistry')
  const portals = await proxied('PortalRegistry', false)
  const schemas = await proxied('SchemaRegistry')
  await meter.send(publisher, router, 'updateAttestationRegistry', attestations.address)
  await meter.send(publisher, router, 'updateModuleRegistry', modules.address)
  await meter.send(publisher, router, 'updatePortalRegistry', portals.address)
  await meter.send(publisher, router, 'updateSchemaRegistry', schemas.address)
  for (const part of [attestations, modules, portals, schemas]) {
    await meter.send(publisher, part, 'updateRouter', router.address)
  }
  await meter.send(publisher, attestations, 'updateChainPrefix', CHAIN_PREFIX)
  await meter.send(publisher, portals, 'setIssuer', publisher.address)
  await meter.send(publisher, schemas, 'createSchema', 'Digest', 'The digest of a document', 'trend', SCHEMA)
  const [schema] = await meter.ask(schemas, 'getIdFromSchemaString', SCHEMA)
  const opened = await meter.send(publisher, portals, 'deployDefaultPortal', [], 'Trends', 'Trends', true, 'Publisher')
  const address = eventsOf(opened, portals, 'PortalRegistered')[0]?.portalAddress
  const { abi } = veraxArtifact('DefaultPortal')
  const portal = { address, coder: new Interface(abi), ...(await meter.weigh(address, opened.hash)) }
  return { meter, attestations, portal, schema, publisher, parts: [...parts, portal] }
}

/** The proxy that the upgrades plugin of OpenZeppelin puts in front of an implementation. */
const PROXY = artifactOf('@openzeppelin/contracts/build/contracts/TransparentUpgradeableProxy.json')

/** An attestation of a digest about a trend, a next version replacing the one before it. */
export const verax: Peer = {
  name: `Verax ${VERSION}`,
  about: `\`Router\`, the four registries and a \`DefaultPortal\` of npm \`${PACKAGE}\` ${VERSION}, as the package compiled them, each registry behind a \`TransparentUpgradeableProxy\` as its own script deploys it. Schema \`${SCHEMA}\`, the slug as subject, no modules; a next version is a \`replace\`, many are one \`bulkAttest\`.`,
  async measure(meter): Promise<Figures> {
    const bench = await deployVerax(meter)
    const { attestations, portal, publisher, parts } = bench
    const first = await attest(bench, digestOf(1))
    const next = await replace(bench, idsOf(bench, first)[0]!, digestOf(2))
    const [nextId] = idsOf(bench, next)
    const editions = await ofEditions(async (digests) => await attestMany(bench, digests))
    const versions = await attestMany(bench, versionsOf(1))
    const tenVersions = await replaceMany(bench, idsOf(bench, versions), versionsOf(2))

    const read = await meter.read(attestations, 'getAttestation', nextId)
    assert.equal(read.answer[0].attestationData, digestOf(2))
    const retract = await meter.send(publisher, portal, 'revoke', nextId)
    const [{ revoked }] = await meter.ask(attestations, 'getAttestation', nextId)
    assert.equal(revoked, true)
    const again = await attest(bench, digestOf(3))
    const total = (of: 'gas' | 'size'): number => parts.reduce((sum, part) => sum + part[of], 0)
    return {
      first: spentOn(first),
      ...(await ofNextVersion(meter, next)),
      next: {
        value: next.gas,
        note: `\`replace\`; unlinked, as another \`attest\`, ${again.gas.toLocaleString('en')}`
      },
      named: { note: NO_NAMES },
      ...editions,
      tenVersions: { value: tenVersions.gas / 10 },
      relayed: { note: NO_SIGNATURES },
      relayedForEditor: { note: NO_SIGNATURES },
      retract: spentOn(retract),
      disown: { note: NO_EDITORS },
      read: { value: read.gas },
      readListed: { value: read.gas, note: ONE_BY_ONE },
      readNewest: { note: NO_NEWEST },
      deployment: { value: total('gas') },
      size: { value: total('size') }
    }
  }
}

const payload = (schemaId: string, digest: Bytes32) => ({
  schemaId,
  expirationDate: 0,
  subject: toUtf8Bytes(NAME),
  attestationData: digest
})

async function attest(bench: Verax, digest: Bytes32): Promise<Spent> {
  const { meter, portal, schema, publisher } = bench
  const spent = await meter.send(publisher, portal, 'attest', payload(schema, digest), [])
  await assertAttested(bench, spent, [digest])
  return spent
}

async function attestMany(bench: Verax, digests: readonly Bytes32[]): Promise<Spent> {
  const { meter, portal, schema, publisher } = bench
  const payloads = digests.map((digest) => payload(schema, digest))
  const unchecked = digests.map(() => [])
  const spent = await meter.send(publisher, portal, 'bulkAttest', payloads, unchecked)
  await assertAttested(bench, spent, digests)
  return spent
}

async function replace(bench: Verax, id: string, digest: Bytes32): Promise<Spent> {
  const { meter, portal, schema, publisher } = bench
  const spent = await meter.send(publisher, portal, 'replace', id, payload(schema, digest), [])
  await assertAttested(bench, spent, [digest], [id])
  return spent
}

async function replaceMany(bench: Verax, ids: readonly string[], digests: readonly Bytes32[]): Promise<Spent> {
  const { meter, portal, schema, publisher } = bench
  const payloads = digests.map((digest) => payload(schema, digest))
  const unchecked = digests.map(() => [])
  const spent = await meter.send(publisher, portal, 'bulkReplace', ids, payloads, unchecked)
  await assertAttested(bench, spent, digests, ids)
  return spent
}

const idsOf = ({ attestations }: Verax, spent: Spent): readonly string[] =>
  eventsOf(spent, attestations, 'AttestationRegistered').map(({ attestationId }) => attestationId)

async function assertAttested(
  bench: Verax,
  spent: Spent,
  digests: readonly Bytes32[],
  replaced: readonly string[] = []
): Promise<void> {
  const { meter, attestations, publisher } = bench
  const ids = idsOf(bench, spent)
  assert.equal(ids.length, digests.length)
  for (const [i, id] of ids.entries()) {
    const [{ attestationData, attester, revoked }] = await meter.ask(attestations, 'getAttestation', id)
    assert.deepEqual([attestationData, attester, revoked], [digests[i], publisher.address, false])
  }
  for (const [i, id] of replaced.entries()) {
    const [{ replacedBy, revoked }] = await meter.ask(attestations, 'getAttestation', id)
    assert.deepEqual([replacedBy, revoked], [ids[i], true])
  }
}
