/**
 * `npm run test:flips`: changes one bit after the other of 20 documents – on disk, over a gateway, in a CAR, in a
 * bucket, from a peer – and sees that other bytes than a document's own are never taken for it; and that what was damaged on disk is
 * healed by reading it or pinning it again.
 */
import { flipInBucket } from './flips/bucket.ts'
import { flipInCar } from './flips/car.ts'
import { type DiskFlips, flipOnDisk, type Healed } from './flips/disk.ts'
import { documentsOf } from './flips/documents.ts'
import { flipOverGateway } from './flips/gateway.ts'
import { flipFromPeer, type PeerFlips } from './flips/peer.ts'
import type { Tally } from './flips/tally.ts'

export interface Flips {
  readonly disk: DiskFlips
  readonly gateway: Tally
  readonly car: Tally
  readonly bucket: Tally
  readonly peer: PeerFlips
}

export interface FlipOptions {
  readonly documents: number
  /** How often every document is damaged on disk, and how many flips there are anywhere in its file and in its log. */
  readonly rounds: number
  readonly pages: number
  readonly log: number
  /** Of how many bytes one is changed over a gateway and in a CAR. */
  readonly stride: number
  /** The same in a bucket, which takes its time. */
  readonly bucketStride: number
  /** How often a peer is asked for every document. */
  readonly asked: number
  readonly seed: number
}

/** Every byte of every document; the largest has 5,150. */
const WHOLE: FlipOptions = {
  documents: 20,
  rounds: 5_150,
  pages: 1_500,
  log: 500,
  stride: 1,
  bucketStride: 50,
  asked: 10,
  seed: 12_345
}
const FEWEST = 100_000

export async function flips({
  documents,
  rounds,
  pages,
  log,
  stride,
  bucketStride,
  asked,
  seed
}: FlipOptions): Promise<Flips> {
  const blocks = await documentsOf(documents)
  return {
    disk: await flipOnDisk(blocks, { rounds, pages, log, seed }),
    gateway: await flipOverGateway(blocks, stride),
    car: await flipInCar(blocks, stride),
    bucket: await flipInBucket(blocks, bucketStride),
    peer: await flipFromPeer(blocks, asked)
  }
}

/** What does not hold, in words; nothing where all does. */
export function missedBy({ disk, gateway, car, bucket, peer }: Flips): readonly string[] {
  const { blocks, pages, log, byReading, byPinning } = disk
  const kinds: Readonly<Record<string, Tally>> = { disk: blocks, pages, log, gateway, car, bucket, peer }
  const accepted = Object.entries(kinds).filter(([, tally]) => tally.accepted > 0)
  return [
    ...accepted.map(([kind, tally]) => `${kind}: ${tally.accepted} accepted`),
    // A flip that nobody noticed would have hit nothing, and be a test of nothing.
    ...[blocks, gateway, bucket, peer]
      .filter(({ right }) => right > 0)
      .map(({ right }) => `${right} flips hit nothing`),
    ...(peer.sent === 0 ? ['the peer sent nothing'] : []),
    ...(pages.silent > 0 ? [`${pages.silent} flips of pages lost something without a word`] : []),
    ...[byReading, byPinning].filter(({ healed, damaged }) => healed < damaged || damaged === 0).map(() => 'not healed')
  ]
}

const flipsIn = ({ disk, gateway, car, bucket, peer }: Flips): number =>
  [disk.blocks, disk.pages, disk.log, gateway, car, bucket, peer].reduce((sum, tally) => sum + tally.flips, 0)

function lineOf(found: Flips, seconds: number): string {
  const { disk, gateway, car, bucket, peer } = found
  const kinds = { disk: disk.blocks, pages: disk.pages, log: disk.log, gateway, car, bucket, peer }
  const accepted = Object.values(kinds).reduce((sum, tally) => sum + tally.accepted, 0)
  const parts = Object.entries(kinds).map(([kind, tally]) => `${kind} ${tally.flips}`)
  const rate = ({ healed, damaged }: Healed): string => `${healed}/${damaged}`
  const { harmless, healed, told, silent } = disk.pages
  return (
    `flips: ${accepted} accepted of ${flipsIn(found)} (${parts.join(', ')}); ` +
    `healed by reading ${rate(disk.byReading)}, by pinning again ${rate(disk.byPinning)}; ` +
    `anywhere in the file: ${harmless} harmless, ${healed} healed, ${told} told, ${silent} silent; ${seconds} s`
  )
}

if (import.meta.main) {
  const found = await flips(WHOLE)
  const few = flipsIn(found) < FEWEST ? ['too few flips'] : []
  const missed = [...missedBy(found), ...few]
  for (const what of missed) console.error(what)
  console.log(lineOf(found, Math.round(performance.now() / 1000)))
  // libp2p's timers would keep the process.
  process.exit(missed.length === 0 ? 0 : 1)
}
