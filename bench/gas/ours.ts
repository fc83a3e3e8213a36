import { dataLength } from 'ethers'
import { ofNextVersion, slotsOf, spentOn } from './figures.ts'
import type { Figures, Peer } from './peer.ts'
import { measureRegistry } from './registry.ts'

/** The registry, by its rows of the snapshot that answer to those of the peers. */
export const ours: Peer = {
  name: 'trend-archive',
  about:
    '`TrendRegistry` at the address it has on every chain, compiled anew and compared by its code digest. A next version is a `publish`, to only name it a `point`, many new documents are one edition, ten next versions are ten `point` and one edition in a `multicall`.',
  async measure(meter): Promise<Figures> {
    const { registry, spent, read } = await measureRegistry(meter)
    const ofThousand = spent['publish an edition of 1,000, next version']
    const disowned = spent['setEditor, disowning what it did after a time']
    const slots = await slotsOf(meter, disowned)
    const note = 'named by the edition; their own refs are not moved'
    return {
      first: spentOn(spent['publish, first of a ref']),
      ...(await ofNextVersion(meter, spent['publish, next version'])),
      named: spentOn(spent['point, next version']),
      each10: { value: spent['publish an edition of 10, next version'].gas / 10, note },
      each100: { value: spent['publish an edition of 100, next version'].gas / 100, note },
      each1000: { value: ofThousand.gas / 1000, note },
      bytesListed: { value: dataLength(ofThousand.raw) / 1000, note },
      tenVersions: { value: spent['multicall of 10 points and an edition of the ten, next versions'].gas / 10 },
      relayed: spentOn(spent['publishFor, next version, signed by the publisher']),
      relayedForEditor: spentOn(spent['publishFor, next version, signed by an editor']),
      retract: spentOn(spent['retract, one published alone']),
      disown: {
        value: disowned.gas,
        note: `new storage slots: ${slots.created}, updated: ${slots.updated}, however much that was`
      },
      read: { value: read['verify, one published alone'] },
      readListed: { value: read['verify, one of 1,000'] },
      readNewest: { value: read['heads, what a ref names'] },
      deployment: { value: registry.gas },
      size: { value: registry.size }
    }
  }
}
