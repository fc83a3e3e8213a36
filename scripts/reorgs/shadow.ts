import type { Settled } from '../../src/archive/wait.ts'
import { type Bytes32, parseCid, type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import type { TrendDocument } from '../../src/document/document.ts'
import type { Receipt } from '../../src/registry/registry.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { ReorgChain } from './chain.ts'

/** What went against what the shadow knows. */
export type Faults = Record<'early' | 'notFinal' | 'notCanonical' | 'notRecorded', string[]>

/** Holds every claim to the blocks that the chain really had. */
export interface Shadow {
  /** Something was made, and may vouch for what it leads to. */
  readonly meet: (cid: TrendCid, document: TrendDocument) => void
  /** A verb says that its transactions are final. @param since the version of the chain when it began */
  readonly claimed: (what: string, receipts: readonly Receipt[], settled: Settled) => void
  /** A verdict was returned. @param since the version of the chain when it was asked for */
  readonly judged: (verdict: Verdict, since: number) => void
  readonly faults: Faults
  /** How much was held to it. */
  readonly counts: { claims: number; verdicts: number; verified: number; final: number; safe: number; unsafe: number }
  /** What was called final: it must be so for ever, as long as nothing below the final block is replaced. */
  readonly kept: () => readonly string[]
}

export function shadowOf(chain: ReorgChain): Shadow {
  const documents = new Map<Bytes32, TrendDocument>()
  const claims: { readonly what: string; readonly number: number; readonly hash: Bytes32 }[] = []
  const faults: Faults = { early: [], notFinal: [], notCanonical: [], notRecorded: [] }
  const counts = { claims: 0, verdicts: 0, verified: 0, final: 0, safe: 0, unsafe: 0 }

  /** Whether a recorded document leads to another: by its lineage, or as an edition that lists it. */
  const leadsTo = (from: Bytes32, to: Bytes32, hops = 0): boolean => {
    if (from === to) return true
    const document = documents.get(from)
    if (document === undefined || hops > 50) return false
    const entries = document.type === 'edition' ? document.entries.map(({ cid }) => cid) : []
    const below = document.previous === undefined ? [] : [document.previous]
    return [...below, ...entries].some((cid) => leadsTo(toBytes32(parseCid(cid)), to, hops + 1))
  }

  /** Whether what vouches for a document was recorded in a block or one before it. */
  const isRecordedAt = (digest: Bytes32, hash: Bytes32): boolean => {
    for (let here = chain.knows(hash); here !== undefined; here = chain.knows(here.parent)) {
      if (here.digests.some((recorded) => leadsTo(recorded, digest))) return true
    }
    return false
  }

  return {
    faults,
    counts,
    meet(cid, document) {
      documents.set(toBytes32(cid), document)
    },
    claimed(what, receipts, { finality, at }) {
      counts.claims += 1
      if (finality !== 'final') return
      for (const { number, hash } of [...receipts.map(({ block }) => block), at]) {
        const [height, told] = [Number(number), `${what}: block ${number} ${hash}`]
        claims.push({ what, number: height, hash })
        if (height > chain.finalHeight()) faults.early.push(told)
        else if (chain.finalAt(height) !== hash) faults.notFinal.push(told)
      }
    },
    judged({ status, cid, chain: judged }, since) {
      counts.verdicts += 1
      if (status === 'verified') counts.verified += 1
      if (judged === undefined) return
      const { block, finality } = judged
      counts[finality] += 1
      const known = chain.knows(block.hash)
      const told = `${cid} ${status} at ${finality} block ${block.number} ${block.hash}`
      const [height, now] = [Number(block.number), chain.version()]
      if (finality === 'final' && height > chain.finalHeight()) faults.early.push(told)
      else if (finality === 'final' && chain.finalAt(height) !== block.hash) faults.notFinal.push(told)
      if (status !== 'verified') return
      if (known === undefined || known.from > now || known.to < since) faults.notCanonical.push(told)
      else if (!isRecordedAt(toBytes32(cid), block.hash)) faults.notRecorded.push(told)
    },
    kept: () =>
      claims
        .filter(({ number, hash }) => chain.canonicalAt(number) !== hash)
        .map(({ what, number }) => `${what}: block ${number}`)
  }
}
