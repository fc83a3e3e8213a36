import type { TrendDocument } from '../document/document.ts'
import { instantOf } from '../document/instant.ts'
import { parsePublisher } from '../document/publisher.ts'
import { type Check, NOBODY, type Outcome } from './check.ts'
import type { Evidence, Findings, Voucher } from './evidence.ts'
import type { Policy } from './policy.ts'

/**
 * Whether the document's publisher has recorded it: an absence is a fail only where everything that could show a record
 * was read, at the judged block and at the newest.
 */
export function registeredCheck({ chain, now }: Evidence, document: TrendDocument | undefined, policy: Policy): Check {
  const name = 'registered'
  if (document === undefined || chain === undefined) {
    return { name, outcome: 'unknown', detail: 'no document, so no publisher to ask for', trusted: NOBODY }
  }
  if (!('block' in chain)) return { name, outcome: 'unknown', detail: chain.silent, trusted: NOBODY }
  const { trust: trusted, judged, latest, block } = chain
  const say = (outcome: Outcome, detail: string): Check => ({ name, outcome, detail, trusted })
  const [voucher] = strongest(judged, policy)
  if (voucher !== undefined) return say('pass', explain(voucher))
  const gaps = [...judged.gaps, ...(latest?.gaps ?? [])]
  const retracted = judged.fallen.find(({ by }) => by === 'retraction')
  if (retracted !== undefined && (gaps.length === 0 || judged.leafRetractedAt !== 0)) {
    return say('pass', `${explain(retracted)}; taken back since`)
  }
  const [pointed] = judged.vouchers
  if (pointed !== undefined) {
    const missing = gaps.length > 0 ? `; not everything could be read: ${gaps[0]}` : ''
    return say('unknown', `named by a ref, and no record was found${missing}`)
  }
  const [later] = latest === undefined ? [] : strongest(latest, policy)
  if (later !== undefined) return say('unknown', 'recorded, but after the block that is judged: ask again later')
  if (chain.seenHigher !== undefined) {
    return say('unknown', `block ${block.number} is older than block ${chain.seenHigher} accepted before`)
  }
  if (latest !== undefined && latest.vouchers.length > 0) {
    return say('unknown', 'named by a ref after the block that is judged, but not recorded')
  }
  if (!chain.canonical) return say('unknown', `not found, and block ${block.number} left the chain while it was read`)
  if (gaps.length > 0) return say('unknown', `not found, and not everything could be read: ${gaps[0]}`)
  const [disowned] = judged.fallen
  if (disowned !== undefined) {
    return say('fail', `${explain(disowned)} by ${disowned.record.editor}, whom the publisher has disowned`)
  }
  const published = Date.parse(document.published) / 1000
  if (published > block.timestamp || published > now) {
    return say('unknown', `says it is published ${document.published}, after the block that is judged`)
  }
  return say('fail', `${parsePublisher(document.publisher).address} has not recorded it by block ${block.number}`)
}

/** Vouchers with a record; those without count only where the policy asks for no record. */
const strongest = ({ vouchers }: Findings, { requireRecord = true }: Policy): readonly Voucher[] => {
  const recorded = vouchers.filter(isRecorded)
  return recorded.length > 0 || requireRecord ? recorded : vouchers
}

/** Whether a voucher is a record, and not a ref's word alone. */
export const isRecorded = ({ record }: Voucher): boolean => record !== undefined

function explain({ how, root, record }: Voucher): string {
  const when = record === undefined ? 'named' : `recorded ${instantOf(record.publishedAt)}`
  switch (how) {
    case 'record':
      return when
    case 'lineage':
      return `a later version, ${root}, ${when}, leads back to it`
    case 'edition':
      return `the edition ${root}, ${when}, lists it`
    case 'proof':
      return `the path you gave leads to what was ${when}`
  }
}
