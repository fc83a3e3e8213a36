import assert from 'node:assert/strict'
import { TypedDataEncoder, type Wallet, ZeroAddress, ZeroHash } from 'ethers'
import type { Bytes32 } from '../../src/block/cid.ts'
import { ofEditions, ofNextVersion, spentOn } from './figures.ts'
import { type Deployed, eventsOf, type Meter, type Spent } from './meter.ts'
import { type Figures, NO_EDITORS, NO_NAMES, NO_NEWEST, ONE_BY_ONE, type Peer } from './peer.ts'
import { digestOf, LATE, versionsOf, withoutZeroByte } from './samples.ts'
import { artifactOf, versionOf } from './solidity.ts'

const PACKAGE = '@ethereum-attestation-service/eas-contracts'
const VERSION = versionOf(PACKAGE)
const SCHEMA = 'bytes32 digest'
const ATTEST = {
  Attest: [
    { type: 'address', name: 'attester' },
    { type: 'bytes32', name: 'schema' },
    { type: 'address', name: 'recipient' },
    { type: 'uint64', name: 'expirationTime' },
    { type: 'bool', name: 'revocable' },
    { type: 'bytes32', name: 'refUID' },
    { type: 'bytes', name: 'data' },
    { type: 'uint256', name: 'value' },
    { type: 'uint256', name: 'nonce' },
    { type: 'uint64', name: 'deadline' }
  ]
}

/** EAS on a chain, with a schema for digests. */
interface Eas {
  readonly meter: Meter
  readonly schemas: Deployed
  readonly eas: Deployed
  readonly schema: string
  readonly publisher: Wallet
  readonly relayer: Wallet
}

async function deployEas(meter: Meter): Promise<Eas> {
  const [publisher, , relayer] = meter.accounts as readonly [Wallet, Wallet, Wallet]
  const artifact = (name: string) => artifactOf(`${PACKAGE}/artifacts/contracts/${name}.sol/${name}.json`)
  const schemas = await meter.deploy(publisher, artifact('SchemaRegistry'))
  const eas = await meter.deploy(publisher, artifact('EAS'), schemas.address)
  const registered = await meter.send(publisher, schemas, 'register', SCHEMA, ZeroAddress, true)
  const schema = eventsOf(registered, schemas, 'Registered')[0]?.uid
  return { meter, schemas, eas, schema, publisher, relayer }
}

const request = (digest: Bytes32, refUID = ZeroHash) => ({
  recipient: ZeroAddress,
  expirationTime: 0,
  revocable: true,
  refUID,
  data: digest,
  value: 0
})

/** An attestation of a digest, a next version pointing back to the one before it. */
export const eas: Peer = {
  name: `EAS ${VERSION} attest`,
  about: `\`EAS\` and \`SchemaRegistry\` of npm \`${PACKAGE}\` ${VERSION}, as the package compiled them. Schema \`${SCHEMA}\`, no resolver, no recipient; a next version has the attestation before it as \`refUID\`, many are one \`multiAttest\`.`,
  async measure(meter): Promise<Figures> {
    const bench = await deployEas(meter)
    const { eas, schemas, schema, publisher } = bench
    const first = await attest(bench, digestOf(1))
    const next = await attest(bench, digestOf(2), uidsOf(bench, first)[0])
    // The nonce of the attester is written for the first time by the first of these.
    await relay(bench, digestOf(3))
    const relayed = await relay(bench, digestOf(4), uidsOf(bench, next)[0])
    const editions = await ofEditions(async (digests) => await attestMany(bench, digests))
    const versions = await attestMany(bench, versionsOf(1))
    const tenVersions = await attestMany(bench, versionsOf(2), uidsOf(bench, versions))

    const [uid] = uidsOf(bench, next)
    const read = await meter.read(eas, 'getAttestation', uid)
    assert.equal(read.answer[0].data, digestOf(2))
    const retract = await meter.send(publisher, eas, 'revoke', { schema, data: { uid, value: 0 } })
    const [{ revocationTime }] = await meter.ask(eas, 'getAttestation', uid)
    assert.equal(Number(revocationTime), meter.now())
    return {
      first: spentOn(first),
      ...(await ofNextVersion(meter, next)),
      named: { note: NO_NAMES },
      ...editions,
      tenVersions: { value: tenVersions.gas / 10 },
      relayed: spentOn(relayed),
      relayedForEditor: { note: NO_EDITORS },
      retract: spentOn(retract),
      disown: { note: NO_EDITORS },
      read: { value: read.gas },
      readListed: { value: read.gas, note: ONE_BY_ONE },
      readNewest: { note: NO_NEWEST },
      deployment: { value: eas.gas + schemas.gas },
      size: { value: eas.size + schemas.size }
    }
  }
}

/** The cheapest that EAS offers: a time for 32 bytes, by nobody. */
export const easTimestamp: Peer = {
  name: `EAS ${VERSION} timestamp`,
  about: `\`timestamp\` of the same contract, many as one \`multiTimestamp\`: says when, not who, and links no versions.`,
  async measure(meter): Promise<Figures> {
    const { eas, schemas, publisher } = await deployEas(meter)
    const timestamp = async (digest: Bytes32): Promise<Spent> => {
      const spent = await meter.send(publisher, eas, 'timestamp', digest)
      await assertStamped(meter, eas, digest)
      return spent
    }
    const many = async (digests: readonly Bytes32[]): Promise<Spent> => {
      const spent = await meter.send(publisher, eas, 'multiTimestamp', digests)
      for (const digest of digests) await assertStamped(meter, eas, digest)
      return spent
    }
    const first = await timestamp(digestOf(1))
    const next = await timestamp(digestOf(2))
    const tenVersions = await many(versionsOf(1))
    const read = await meter.read(eas, 'getTimestamp', digestOf(2))
    const nobody = { note: 'records no publisher' }
    return {
      first: spentOn(first),
      ...(await ofNextVersion(meter, next)),
      named: { note: NO_NAMES },
      ...(await ofEditions(many)),
      tenVersions: { value: tenVersions.gas / 10 },
      relayed: nobody,
      relayedForEditor: nobody,
      retract: nobody,
      disown: nobody,
      read: { value: read.gas },
      readListed: { value: read.gas, note: ONE_BY_ONE },
      readNewest: { note: NO_NEWEST },
      deployment: { value: eas.gas + schemas.gas },
      size: { value: eas.size + schemas.size }
    }
  }
}

const uidsOf = ({ eas }: Eas, spent: Spent): readonly string[] => eventsOf(spent, eas, 'Attested').map(({ uid }) => uid)

async function attest(bench: Eas, digest: Bytes32, refUID?: string): Promise<Spent> {
  const { meter, eas, schema, publisher } = bench
  const spent = await meter.send(publisher, eas, 'attest', { schema, data: request(digest, refUID) })
  await assertAttested(bench, spent, [digest], [refUID])
  return spent
}

async function attestMany(bench: Eas, digests: readonly Bytes32[], refs: readonly string[] = []): Promise<Spent> {
  const { meter, eas, schema, publisher } = bench
  const data = digests.map((digest, i) => request(digest, refs[i]))
  const spent = await meter.send(publisher, eas, 'multiAttest', [{ schema, data }])
  await assertAttested(bench, spent, digests, refs)
  return spent
}

async function relay(bench: Eas, digest: Bytes32, refUID?: string): Promise<Spent> {
  const { meter, eas, schema, publisher, relayer } = bench
  const data = request(digest, refUID)
  const [nonce] = await meter.ask(eas, 'getNonce', publisher.address)
  const { name, version, chainId, verifyingContract } = (await meter.ask(eas, 'eip712Domain')).toObject()
  const domain = { name, version, chainId, verifyingContract }
  const message = { attester: publisher.address, schema, ...data, nonce }
  const { deadline, signature } = withoutZeroByte(
    (attempt) => {
      const deadline = LATE + attempt
      const { v, r, s } = publisher.signingKey.sign(TypedDataEncoder.hash(domain, ATTEST, { ...message, deadline }))
      return { deadline, signature: { v, r, s } }
    },
    ({ signature: { r, s } }) => r + s.slice(2)
  )
  const attester = publisher.address
  const spent = await meter.send(relayer, eas, 'attestByDelegation', { schema, data, signature, attester, deadline })
  await assertAttested(bench, spent, [digest], [refUID])
  return spent
}

async function assertAttested(
  bench: Eas,
  spent: Spent,
  digests: readonly Bytes32[],
  refs: readonly (string | undefined)[]
): Promise<void> {
  const { meter, eas, publisher } = bench
  const uids = uidsOf(bench, spent)
  assert.equal(uids.length, digests.length)
  for (const [i, uid] of uids.entries()) {
    const [{ data, attester, refUID }] = await meter.ask(eas, 'getAttestation', uid)
    assert.deepEqual([data, attester, refUID], [digests[i], publisher.address, refs[i] ?? ZeroHash])
  }
}

async function assertStamped(meter: Meter, eas: Deployed, digest: Bytes32): Promise<void> {
  const [time] = await meter.ask(eas, 'getTimestamp', digest)
  assert.equal(Number(time), meter.now())
}
