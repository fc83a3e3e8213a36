import { type Bytes32, fromBytes32, type TrendCid, toBytes32 } from '../block/cid.ts'
import type { TrendDocument } from '../document/document.ts'
import { parsePublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { refOf } from '../registry/ref.ts'
import { type ChainBlock, NONE, type Registry, type Survey } from '../registry/registry.ts'
import type { Glance, Unseen } from './beside.ts'
import { checkedRegistry } from './checked-registry.ts'
import type { Findings } from './evidence.ts'
import { investigate, readNotice } from './investigate.ts'
import type { Library, Named } from './library.ts'
import { isRecorded } from './registered.ts'
import { isDisowned, type Scene } from './search.ts'
import { standingAt } from './standing.ts'

/** The registries that are pinned, each with the newest block, asked for once. */
export type Chains = (
  publisher: string
) => Promise<{ readonly registry: Registry; readonly at: ChainBlock } | undefined>

export function chainsOf(registries: readonly Registry[], options: Abortable): Chains {
  const blocks = new Map<string, Promise<ChainBlock>>()
  return async (publisher) => {
    const { chain } = parsePublisher(publisher)
    const pinned = registries.find((one) => one.chain === chain)
    if (pinned === undefined) return undefined
    const registry = checkedRegistry(pinned)
    const block = blocks.get(chain) ?? registry.block('latest', options)
    blocks.set(chain, block)
    return { registry, at: await block }
  }
}

/**
 * Looks at many documents, with one request a publisher where nothing is recorded through an edition. It is read at the
 * newest block, for what was taken back a minute ago is worth a warning already. Where nobody answers the standing is
 * unknown; nothing throws but an abort.
 */
export async function glance(
  { library, chains }: { readonly library: Library; readonly chains: Chains },
  documents: readonly Named[],
  options: Abortable
): Promise<readonly Glance[]> {
  const seen = new Map<string, Glance>()
  const byPublisher = Map.groupBy(documents, ({ document }) => document.publisher)
  await Promise.all(
    Array.from(byPublisher, async ([publisher, own]) => {
      const glances = await glanceAt(library, chains, publisher, own, options).catch((error: unknown) => {
        if (!isArchiveError(error)) throw error
        return own.map((named) => unseen(named, error.message))
      })
      for (const [i, { cid }] of own.entries()) seen.set(String(cid), glances[i]!)
    })
  )
  return documents.map(({ cid }) => seen.get(String(cid))!)
}

const unseen = ({ cid, document }: Named, why: string): Unseen => ({ cid, document, standing: 'unknown', why })

async function glanceAt(
  library: Library,
  chains: Chains,
  publisher: string,
  documents: readonly Named[],
  options: Abortable
): Promise<readonly Glance[]> {
  const { chain, address } = parsePublisher(publisher)
  const there = await chains(publisher)
  if (there === undefined) return documents.map((named) => unseen(named, `no registry is known for ${chain}`))
  const { registry, at } = there
  const questions = documents.map(({ cid, document }) => ({ digest: toBytes32(cid), ref: refIn(document) }))
  const surveys = await registry.survey(address, questions, at, options)
  const scene: Scene = { registry, library, at, options, publisher: address, editions: new Map() }
  return await Promise.all(documents.map((named, i) => weighGlance(scene, named, surveys[i]!)))
}

/** A notice is named under the leaf of what it is about, which takes keccak to tell; it is not cited for its standing. */
const refIn = ({ type, slug }: TrendDocument): Bytes32 => (type === 'notice' ? NONE : refOf(slug))

async function weighGlance(scene: Scene, named: Named, survey: Survey): Promise<Glance> {
  const { cid, document } = named
  const { record } = survey
  // What has no record of its own, or one that fell in another way, takes a closer look.
  const isPlain = record.publishedAt !== 0 && !(await isDisowned(scene, record))
  if (!isPlain || document.type === 'notice') return await lookCloser(scene, named)
  const head = survey.head && fromBytes32(survey.head)
  const isCurrent = head?.equals(cid) ?? false
  const standing =
    record.retractedAt !== 0 ? 'retracted' : head === undefined ? 'unnamed' : isCurrent ? 'current' : 'superseded'
  return {
    cid,
    document,
    standing,
    retractedAt: record.retractedAt,
    newer: isCurrent ? undefined : head,
    notice: survey.notice && (await readNotice(scene, named, fromBytes32(survey.notice))),
    block: scene.at,
    trusted: scene.registry.trust
  }
}

async function lookCloser(scene: Scene, named: Named): Promise<Glance> {
  const { cid, document } = named
  const findings = await investigate(scene, named, scene.at, {}, scene.options)
  const standing = standingAt(cid, findings)
  const { vouchers, fallen, gaps } = findings
  const isKnown = vouchers.some(isRecorded) || fallen.length > 0 || standing === 'retracted'
  if (!isKnown || standing === undefined) return unseen(named, gaps[0] ?? 'the publisher it names has not recorded it')
  return {
    cid,
    document,
    standing,
    retractedAt: Math.max(
      findings.leafRetractedAt,
      ...fallen.map(({ by, record }) => (by === 'retraction' ? record.retractedAt : 0))
    ),
    newer: newerIn(cid, findings),
    notice: findings.notice,
    block: scene.at,
    trusted: scene.registry.trust
  }
}

const newerIn = (cid: TrendCid, { namer }: Findings): TrendCid | undefined =>
  'cid' in namer && !namer.cid.equals(cid) ? namer.cid : undefined
