import type { Settled } from '../../src/archive/wait.ts'
import { type Bytes32, parseCid, type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import type { TrendDocument } from '../../src/document/document.ts'
import type { Receipt } from '../../src/registry/registry.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { Named } from '../../src/verdict/library.ts'
import type { ReorgChain } from './chain.ts'

/** What went against what the shadow knows. */
export type Faults = Record<'early' | 'notFinal' | 'notCanonical' | 'notRecorded' | 'denied', string[]>

/** What a verb says that it did. */
export interface Claim {
  readonly what: string
  /** What it recorded, or found recorded. */
  readonly cids: readonly TrendCid[]
  readonly receipts: readonly Receipt[]
  readonly settled: Settled
}

/** Holds every claim to the blocks that the chain really had. */
export interface Shadow {
  /** Something was made, and may vouch for what it leads to. */
  readonly meet: (named: Named) => void
  /** A verb says that what it did is safe or final. */
  readonly claimed: (claim: Claim) => void
  /** A verdict was returned. @param since the version of the chain when it was asked for */
  readonly judged: (verdict: Verdict, since: number) => void
  readonly faults: Faults
  /** How much was held to it. */
  readonly counts: { claims: number; verdicts: number; verified: number; final: number; safe: number; unsafe: number }
  /** What was called final: it must be so for ever, as long as nothing below the final block is replaced. */
  readonly kept: () => readonly string[]
}

/** @param moment when something was found, in words */
export function shadowOf(chain: ReorgChain, moment: () => string): Shadow {
  const documents = new Map<Bytes32, TrendDocument>()
  const claims: { readonly what: string; readonly number: number; readonly hash: Bytes32 }[] = []
  const faults: Faults = { early: [], notFinal: [], notCanonical: [], notRecorded: [], denied: [] }
  const counts = { claims: 0, verdicts: 0, verified: 0, final: 0, safe: 0, unsafe: 0 }

  const find = (kind: keyof Faults, told: string): void => {
    faults[kind].push(`${told} (${moment()})`)
  }

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

  const finalHolds = (height: number, hash: Bytes32, told: string): void => {
    if (height > chain.finalHeight()) find('early', told)
    else if (chain.finalAt(height) !== hash) find('notFinal', told)
  }

  return {
    faults,
    counts,
    meet({ cid, document }) {
      documents.set(toBytes32(cid), document)
    },
    claimed({ what, cids, receipts, settled: { finality, at } }) {
      counts.claims += 1
      if (finality !== 'final') return
      for (const { number, hash } of [...receipts.map(({ block }) => block), at]) {
        claims.push({ what, number: Number(number), hash })
        finalHolds(Number(number), hash, `${what}: block ${number} ${hash}`)
      }
      for (const cid of cids) {
        if (!isRecordedAt(toBytes32(cid), at.hash)) find('notRecorded', `${what}: ${cid} under block ${at.number}`)
      }
    },
    judged({ status, cid, chain: judged, disagreement }, since) {
      counts.verdicts += 1
      if (status === 'verified') counts.verified += 1
      // Readers of one node may differ about what is replaced between them, and never about what is final.
      if (disagreement?.question.startsWith('the finalized block')) find('denied', disagreement.question)
      if (judged === undefined) return
      const { block, finality } = judged
      counts[finality] += 1
      const known = chain.knows(block.hash)
      const told = `${cid} ${status} at ${finality} block ${block.number} ${block.hash}`
      if (finality === 'final') finalHolds(Number(block.number), block.hash, told)
      if (status !== 'verified') return
      if (known === undefined || known.from > chain.version() || known.to < since) find('notCanonical', told)
      else if (!isRecordedAt(toBytes32(cid), block.hash)) find('notRecorded', told)
    },
    kept: () =>
      claims
        .filter(({ number, hash }) => chain.canonicalAt(number) !== hash)
        .map(({ what, number }) => `${what}: block ${number}`)
  }
}
