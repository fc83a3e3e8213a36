import { dataLength } from 'ethers'
import { LibZip } from 'solady'
import type { Bytes32 } from '../../src/block/cid.ts'
import type { Meter, Spent } from './meter.ts'
import type { Figure } from './peer.ts'
import { digestOf } from './samples.ts'

/** What a transaction may use at most, by EIP-7825. */
const TRANSACTION_LIMIT = 16_777_216
const SEVERAL = `in as few transactions as hold them: one may use ${TRANSACTION_LIMIT.toLocaleString('en')} gas (EIP-7825)`

export const spentOn = ({ gas }: Spent): Figure => ({ value: gas })

/** Everything that is told of publishing a next version. */
export async function ofNextVersion(meter: Meter, next: Spent) {
  const slots = await slotsOf(meter, next)
  return {
    next: spentOn(next),
    newSlots: { value: slots.created },
    updatedSlots: { value: slots.updated },
    bytes: { value: dataLength(next.raw) },
    billedBytes: { value: billedBytes(next.raw) }
  }
}

/**
 * Publishes 10, 100 and 1,000 documents in as few transactions as a chain takes, and says what each costs.
 * @param publish publishes documents of these digests in one transaction, and sees that it did
 */
export async function ofEditions(publish: (digests: readonly Bytes32[]) => Promise<Spent>) {
  const batches = async (digests: readonly Bytes32[], fitting: number): Promise<readonly Spent[]> => {
    const size = Math.ceil(digests.length / Math.ceil(digests.length / fitting))
    const spent: Spent[] = []
    for (let i = 0; i < digests.length; i += size) spent.push(await publish(digests.slice(i, i + size)))
    return spent
  }
  const ten = each(10, await batches(digestsOf(10), 10), ({ gas }) => gas)
  // A fiftieth is left free, for what a longer list costs more.
  const fitting = Math.floor((0.98 * TRANSACTION_LIMIT) / ten.value)
  const hundred = await batches(digestsOf(100), fitting)
  const thousand = await batches(digestsOf(1000), fitting)
  return {
    each10: ten,
    each100: each(100, hundred, ({ gas }) => gas),
    each1000: each(1000, thousand, ({ gas }) => gas),
    bytesListed: each(1000, thousand, ({ raw }) => dataLength(raw))
  }
}

const digestsOf = (count: number): readonly Bytes32[] =>
  Array.from({ length: count }, (_, i) => digestOf(10_000 * count + i))

/** What each of some documents takes of what all transactions took. */
function each(count: number, spent: readonly Spent[], measure: (one: Spent) => number) {
  const total = spent.reduce((sum, one) => sum + measure(one), 0)
  const note = spent.length === 1 ? undefined : SEVERAL
  return { value: total / count, note }
}

/** Storage slots that a transaction left with another value than before. */
export async function slotsOf({ provider }: Meter, { hash }: Spent): Promise<{ created: number; updated: number }> {
  const options = { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }
  const { pre, post } = (await provider.send('debug_traceTransaction', [hash, options])) as Record<
    'pre' | 'post',
    Readonly<Record<string, { readonly storage?: Readonly<Record<string, string>> }>>
  >
  const changed = Object.entries(post).flatMap(([address, { storage = {} }]) =>
    Object.keys(storage).map((slot) => BigInt(pre[address]?.storage?.[slot] ?? 0))
  )
  const created = changed.filter((before) => before === 0n).length
  return { created, updated: changed.length - created }
}

/**
 * The bytes of a signed transaction that a chain of the OP Stack charges for: an estimate of its size in a compressed
 * batch, by its size under FastLZ (specification of Fjord, "FastLZ compression and minimum transaction size").
 */
export function billedBytes(raw: string): number {
  const estimate = (-42_585_600 + 836_500 * dataLength(LibZip.flzCompress(raw))) / 1_000_000
  return Math.round(Math.max(100, estimate))
}
