import assert from 'node:assert/strict'
import { concat, namehash, type Wallet } from 'ethers'
import type { Bytes32 } from '../../src/block/cid.ts'
import { ofEditions, ofNextVersion, spentOn } from './figures.ts'
import type { Spent } from './meter.ts'
import { type Figures, NO_SIGNATURES, type Peer } from './peer.ts'
import { digestOf, NAME, nameOf, versionsOf } from './samples.ts'
import { artifactOf, builtHow, compile, versionOf } from './solidity.ts'

const PACKAGE = '@ensdomains/resolver'
const ARTIFACT = `${PACKAGE}/build/contracts/PublicResolver.json`
const VERSION = versionOf(PACKAGE)
const BUILT = builtHow(ARTIFACT)
/** ENSIP-7: the namespace `ipfs` as a varint, then the binary CID, which ends in the digest. */
const contenthashOf = (digest: Bytes32): string => concat(['0xe301', '0x0180041220', digest])
const nodeOf = (name: string): string => namehash(`${name}.publisher.eth`)

const WITHOUT_NAMES = 'the resolver alone, without a registry of names'
const ONLY_NEWEST = 'knows the newest version only'
/** The contenthash of a name for each trend. */
export const ens: Peer = {
  name: `ENS resolver ${VERSION} (${BUILT.year})`,
  about: `\`PublicResolver\` of npm \`${PACKAGE}\` ${VERSION}, in the artifact that the package carries: built ${BUILT.how}. The package has no registry of names, so a contract stands in that only knows owners; registering a name is not counted. Many are one \`multicall\`.`,
  async measure(meter): Promise<Figures> {
    const [publisher] = meter.accounts as readonly [Wallet]
    const owners = await meter.deploy(publisher, compile('EnsOwners'))
    const resolver = await meter.deploy(publisher, artifactOf(ARTIFACT), owners.address)
    const own = async (...names: readonly string[]): Promise<Spent> =>
      await meter.send(publisher, owners, 'setOwner', names.map(nodeOf), publisher.address)
    const assertSet = async (name: string, digest: Bytes32): Promise<void> => {
      const [contenthash] = await meter.ask(resolver, 'contenthash', nodeOf(name))
      assert.equal(contenthash, contenthashOf(digest))
    }
    const set = async (name: string, digest: Bytes32): Promise<Spent> => {
      const spent = await meter.send(publisher, resolver, 'setContenthash', nodeOf(name), contenthashOf(digest))
      await assertSet(name, digest)
      return spent
    }
    const setMany = async (names: readonly string[], digests: readonly Bytes32[]): Promise<Spent> => {
      const calls = names.map((name, i) =>
        resolver.coder.encodeFunctionData('setContenthash', [nodeOf(name), contenthashOf(digests[i]!)])
      )
      const spent = await meter.send(publisher, resolver, 'multicall', calls)
      for (const [i, name] of names.entries()) await assertSet(name, digests[i]!)
      return spent
    }

    await own(NAME)
    const first = await set(NAME, digestOf(1))
    const next = await set(NAME, digestOf(2))
    let named = 0
    const editions = await ofEditions(async (digests) => {
      const names = digests.map(() => nameOf(named++))
      await own(...names)
      return await setMany(names, digests)
    })
    const tenNames = Array.from({ length: 10 }, (_, i) => nameOf(i))
    const tenVersions = await setMany(tenNames, versionsOf(2))

    const read = await meter.read(resolver, 'contenthash', nodeOf(NAME))
    assert.equal(read.answer[0], contenthashOf(digestOf(2)))
    const retract = await meter.send(publisher, resolver, 'setContenthash', nodeOf(NAME), '0x')
    assert.equal((await meter.ask(resolver, 'contenthash', nodeOf(NAME)))[0], '0x')
    const overwrites = 'overwrites the version before, of which nothing stays on chain'
    return {
      first: spentOn(first),
      ...(await ofNextVersion(meter, next)),
      next: { value: next.gas, note: overwrites },
      named: spentOn(next),
      ...editions,
      tenVersions: { value: tenVersions.gas / 10, note: overwrites },
      relayed: { note: NO_SIGNATURES },
      relayedForEditor: { note: NO_SIGNATURES },
      retract: { value: retract.gas, note: 'clears the name: that something was there is not known any more' },
      disown: { note: 'keeps nothing of who set what' },
      read: { note: ONLY_NEWEST },
      readListed: { note: ONLY_NEWEST },
      readNewest: { value: read.gas },
      deployment: { value: resolver.gas, note: WITHOUT_NAMES },
      size: { value: resolver.size, note: WITHOUT_NAMES }
    }
  }
}
