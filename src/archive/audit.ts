import type { TrendCid } from '../block/cid.ts'
import { fromDigest } from '../block/cid.ts'
import type { Pinned } from '../block/pinned.ts'
import type { BlockSource } from '../block/source.ts'
import type { Store } from '../block/store.ts'
import type { TrendDocument } from '../document/document.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { type ChainPorts, findAbsent, type OnChain } from './absent.ts'
import { type CopiesFound, lookForCopies } from './elsewhere.ts'
import { type Healing, heal, type Lost } from './heal.ts'
import { LAST, type LastAudit, writeLast } from './last-audit.ts'
import { type DocumentFigures, findMissed } from './missed.ts'
import { attempt, lookAtBlocks, PASS } from './pass.ts'
import { sampleOf } from './sample.ts'

/** What it takes to audit: the store, what is pinned in it, and where else the same bytes may be had. */
export interface AuditPorts {
  readonly store: Audited
  readonly pins: Pick<Pinned, 'pinned'>
  /** Never the store itself, or it would vouch for its own copies. */
  readonly sources: readonly BlockSource[]
  /** Where it is looked up whether a publisher published from elsewhere. */
  readonly chain?: ChainPorts | undefined
}

export type Audited = Pick<
  Store,
  'digests' | 'get' | 'count' | 'row' | 'write' | 'quarantine' | 'isQuarantined' | 'underWay' | 'faults' | 'pins'
>

export interface AuditOptions extends Abortable, Progress<AuditEvent> {
  /** Whether what is damaged or missing is fetched from elsewhere and put back. @default true */
  readonly repair?: boolean | undefined
  /** For how many documents, drawn by lot, every source is asked whether it has them. @default 20 */
  readonly sample?: number | undefined
  /** @default Math.random */
  readonly random?: (() => number) | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** What an audit does, one after the other. */
export type AuditPart = 'hash' | 'read' | 'heal' | 'ask'

export type AuditEvent = (Advance & { readonly part: AuditPart }) | { readonly type: 'healed'; readonly cid: TrendCid }

export interface Quarantined {
  readonly cid: TrendCid
  readonly bytes: number
  /** When the damage was found. */
  readonly found: Date
}

export interface Audit extends Healing {
  readonly started: Date
  readonly finished: Date
  /** Whether it went on with an audit that had been interrupted. */
  readonly continued: boolean
  /** What is wrong with the file itself, in SQLite's words. */
  readonly faults: readonly string[]
  readonly blocks: { readonly checked: number; readonly bytes: number; readonly damaged: number }
  readonly documents: DocumentFigures
  /** What was damaged, now or before, and has not been replaced. */
  readonly quarantined: readonly Quarantined[]
  /** Documents that a publish pinned or is about to pin, and has not seen recorded. */
  readonly underWay: number
  readonly copies: CopiesFound
  readonly chain?: OnChain | undefined
}

/**
 * Hashes every block, reads every document that is pinned, puts back what is damaged or missing, and asks other places
 * for some of the documents. Memory grows with what is missed and what is asked for, not with the archive. An audit that
 * is aborted is continued by the next. Damage is a finding and never thrown, not even that of the file itself.
 */
export async function audit({ store, pins, sources, chain }: AuditPorts, options: AuditOptions = {}): Promise<Audit> {
  const { signal, onProgress, repair = true, sample: size = 20, random = Math.random, now = Date.now } = options
  signal?.throwIfAborted()
  const { value: faults = [], fault } = attempt(() => store.faults())
  const telling = (part: AuditPart) => (event: Advance) => onProgress?.({ ...event, part })
  const { pass, continued, fault: unread } = await lookAtBlocks(store, { signal, onProgress: telling('hash'), now })
  const sample = sampleOf<TrendCid>(sources.length === 0 ? 0 : size, random)
  const slugs = new Set<string>()
  const onDocument = ({ publisher, slug }: TrendDocument): void => {
    if (publisher === chain?.publisher) slugs.add(slug)
  }
  const looked = await orFault(
    findMissed(store, pins, { signal, onProgress: telling('read'), onPinned: sample.offer, onDocument })
  )
  const { documents, missed } = looked.value ?? { documents: { pinned: 0, editions: 0, others: 0 }, missed: [] }
  const onHealed = (cid: TrendCid): void => onProgress?.({ type: 'healed', cid })
  const { healed, lost } = repair
    ? await heal(store, sources, missed, { signal, onProgress: telling('heal'), onHealed })
    : { healed: [], lost: missed.map((one): Lost => ({ ...one, reasons: [], transient: false })) }
  const copies = await lookForCopies(sources, sample.taken(), { signal, onProgress: telling('ask') })
  const found: Audit = {
    started: new Date(pass.started),
    finished: new Date(now()),
    continued,
    faults: [...new Set([...faults, ...[fault, unread, looked.fault].filter((one) => one !== undefined)])],
    blocks: { checked: pass.blocks, bytes: pass.bytes, damaged: pass.damaged },
    documents,
    healed,
    lost: (await orFault(stillPinned(pins, lost, signal))).value ?? lost,
    quarantined: (attempt(() => store.quarantine()).value ?? []).map(({ digest, bytes, found }) => ({
      cid: fromDigest(digest),
      bytes: bytes.byteLength,
      found
    })),
    underWay: attempt(() => store.underWay().length).value ?? 0,
    copies,
    chain: chain && (await findAbsent(chain, store, [...slugs], { signal }))
  }
  attempt(() =>
    store.write({
      rows: new Map([
        [LAST, writeLast(lastOf(found))],
        [PASS, undefined]
      ])
    })
  )
  return found
}

const lastOf = ({ finished, blocks: { damaged }, lost, faults }: Audit): LastAudit => ({
  finished,
  damaged,
  lost: lost.length,
  faults: faults.length
})

/** What was unpinned while the audit was at work is not lost. */
async function stillPinned(
  { pinned }: Pick<Pinned, 'pinned'>,
  lost: readonly Lost[],
  signal: AbortSignal | undefined
): Promise<readonly Lost[]> {
  const owed = new Set(lost.map(({ cid, edition }) => String(edition ?? cid)))
  if (owed.size === 0) return []
  const still = new Set<string>()
  for await (const cid of pinned({ signal })) if (owed.has(String(cid))) still.add(String(cid))
  return lost.filter(({ cid, edition }) => still.has(String(edition ?? cid)))
}

async function orFault<Value>(work: Promise<Value>): Promise<{ readonly value?: Value; readonly fault?: string }> {
  try {
    return { value: await work }
  } catch (error) {
    // A damaged pin may also name what nothing could be called.
    if (!isArchiveError(error)) throw error
    return { fault: error.message }
  }
}
