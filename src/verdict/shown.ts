import type { TrendCid } from '../block/cid.ts'
import type { Answered, Voucher } from './evidence.ts'
import { isRecorded } from './registered.ts'

/**
 * What the state at one block can prove of a document (docs/SPEC.md, section 8), and nothing besides: no state proves that
 * a document is recorded nowhere.
 */
export type Shown =
  | 'recorded' // under its own leaf, or as an edition under its own key
  | 'recorded in an edition'
  | 'recorded by a later version' // which is recorded and leads back to it
  | 'not recorded alone'
  | 'named' // by its ref, or where that names nothing by an edition
  | 'not named' // the ref, or else the edition, names another document, or none
  | 'not retracted'
  | 'retracted' // its leaf, or every recording of it that was found
  | 'disowned' // recorded by an editor whom the publisher has disowned

const OF_VOUCHERS: Readonly<Record<Voucher['how'], Shown>> = {
  record: 'recorded',
  edition: 'recorded in an edition',
  lineage: 'recorded by a later version',
  proof: 'recorded in an edition'
}

/** What was proved at the judged block, in a fixed order. */
export function shownBy(cid: TrendCid, { judged }: Pick<Answered, 'judged'>): readonly Shown[] {
  const { vouchers, fallen, namer, leafRetractedAt } = judged
  const recordings = [...vouchers, ...fallen].filter(isRecorded)
  const stands = vouchers.some(isRecorded)
  const proved = new Set<Shown>(recordings.map(({ how }) => OF_VOUCHERS[how]))
  if (!proved.has('recorded')) proved.add('not recorded alone')
  if (namer.by !== 'unknown') proved.add('cid' in namer && namer.cid.equals(cid) ? 'named' : 'not named')
  if (leafRetractedAt !== 0 || (!stands && fallen.some(({ by }) => by === 'retraction'))) proved.add('retracted')
  else if (stands) proved.add('not retracted')
  if (fallen.some(({ by }) => by === 'disowning')) proved.add('disowned')
  return ORDER.filter((one) => proved.has(one))
}

const ORDER: readonly Shown[] = [
  'recorded',
  'recorded in an edition',
  'recorded by a later version',
  'not recorded alone',
  'named',
  'not named',
  'not retracted',
  'retracted',
  'disowned'
]
