import assert from 'node:assert/strict'
import type { Wallet } from 'ethers'
import { type Bytes32, fromBytes32 } from '../../src/block/cid.ts'
import { ofNextVersion, spentOn } from './figures.ts'
import type { Spent } from './meter.ts'
import { type Figures, NO_EDITORS, NO_NAMES, NO_SIGNATURES, ONE_BY_ONE, type Peer } from './peer.ts'
import { digestOf, NAME } from './samples.ts'
import { compile } from './solidity.ts'

const NO_BATCH = 'takes one document a transaction'

/** A list of versions under a name, the CID as a string. */
export const tutorial: Peer = {
  name: 'tutorial',
  about:
    'What tutorials show: `mapping(string => Version[])` with the CID as a string, a time and a publisher ([StringRegistry.sol](../bench/gas/contracts/StringRegistry.sol)), compiled as the registry is. Anyone may write under any name.',
  async measure(meter): Promise<Figures> {
    const [publisher] = meter.accounts as readonly [Wallet]
    const registry = await meter.deploy(publisher, compile('StringRegistry'))
    const publish = async (digest: Bytes32): Promise<Spent> => {
      const cid = String(fromBytes32(digest))
      const spent = await meter.send(publisher, registry, 'publish', NAME, cid)
      const [latest] = await meter.ask(registry, 'latest', NAME)
      assert.deepEqual([latest.cid, latest.publisher], [cid, publisher.address])
      return spent
    }
    const first = await publish(digestOf(1))
    const next = await publish(digestOf(2))
    const read = await meter.read(registry, 'version', NAME, 0)
    assert.equal(read.answer[0].cid, String(fromBytes32(digestOf(1))))
    const newest = await meter.read(registry, 'latest', NAME)
    assert.equal(newest.answer[0].cid, String(fromBytes32(digestOf(2))))
    return {
      first: spentOn(first),
      ...(await ofNextVersion(meter, next)),
      named: { note: NO_NAMES },
      each10: { note: NO_BATCH },
      each100: { note: NO_BATCH },
      each1000: { note: NO_BATCH },
      bytesListed: { note: NO_BATCH },
      tenVersions: { note: NO_BATCH },
      relayed: { note: NO_SIGNATURES },
      relayedForEditor: { note: NO_SIGNATURES },
      retract: { note: 'takes nothing back' },
      disown: { note: NO_EDITORS },
      read: { value: read.gas },
      readListed: { value: read.gas, note: ONE_BY_ONE },
      readNewest: { value: newest.gas },
      deployment: { value: registry.gas },
      size: { value: registry.size }
    }
  }
}
