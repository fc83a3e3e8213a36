import { type Holder, holdersOfAll } from '../archive/holders.ts'
import type { Addition, Step } from '../archive/plan.ts'
import type { WritePorts } from '../archive/ports.ts'
import { isAddition, type Publication, type PublishEvent } from '../archive/publish.ts'
import { resolve } from '../archive/resolve.ts'
import type { Settled } from '../archive/wait.ts'
import { fromBytes32, toBytes32 } from '../block/cid.ts'
import { misdeclarations } from '../document/declared.ts'
import { DEFAULTED, type Draft, type TrendDocument } from '../document/document.ts'
import { cutAtWord } from '../document/plain-text.ts'
import { type Chain, parsePublisher } from '../document/publisher.ts'
import { ether, gwei } from '../registry/coin.ts'
import { refOf } from '../registry/ref.ts'
import type { Cost, Receipt, SendEvent } from '../registry/registry.ts'
import type { Named } from '../verdict/library.ts'
import { type Context, columns, type Result } from './command.ts'
import { HERE } from './holding.ts'
import type { Output } from './output.ts'
import { HOW_TO_ADD } from './session.ts'
import { LOCAL } from './settings.ts'

/** Tells how far the parts of a publication are that take long, and of nothing else. */
export const tellAdvance =
  (out: Output): ((event: PublishEvent) => void) =>
  (event) => {
    if (event.type !== 'advanced') return
    if (event.work === 'waiting') out.progress(event, `waiting until ${event.until}`)
    else out.progress(event, event.sink === undefined ? event.work : `${event.work} in ${event.sink}`)
  }

/** More lines than these would push everything else off the screen, and the result names each document anyway. */
const MOST_PLANNED = 20

/** Tells how far a publication is. */
export function tellProgress(out: Output): (event: PublishEvent) => void {
  let planned = 0
  return (event) => {
    if (event.type === 'advanced' && event.work === 'planning') planned = event.total
    switch (event.type) {
      case 'planned':
        if (planned > MOST_PLANNED && !out.json && !out.verbose) return
        return out.progress(
          event,
          `${event.slug}: ${event.status === 'new' ? 'to publish' : 'unchanged'}, ${event.cid}`
        )
      case 'advanced':
        return tellAdvance(out)(event)
      case 'pinned':
        return out.progress(event, `pinned ${event.blocks} in ${event.sink}`)
      case 'queued':
      case 'sent':
      case 'replaced':
        return out.progress(event, sendingText(event))
      case 'dropped': {
        const where = event.block === undefined ? 'it' : `block ${event.block.number}, which held it,`
        return out.progress(event, `${where} left the chain: looking for it, or sending it again`)
      }
      case 'settled':
        return out.progress(event, settledText(event.settled))
      case 'recorded': {
        const { transaction, block } = event.receipt
        // What takes back or only moves a ref records nothing.
        const what = event.documents === 0 ? 'mined' : `recorded ${event.documents}`
        return out.progress(event, `${what} in block ${block.number}, ${transaction}`)
      }
    }
  }
}

/** Says which drafts declare another change than they make, while that can still be mended. */
export const tellMisdeclared =
  (out: Output): ((additions: readonly Addition[]) => void) =>
  (additions) => {
    for (const { slug, named, after } of additions) {
      for (const { code, detail, proposed } of misdeclarations({ document: named.document, before: after?.document })) {
        out.note(`${slug}: ${code}: ${detail}; declare \`change: {kind: ${proposed}, note: …}\` instead`)
      }
    }
  }

const settledText = ({ finality, at }: Settled): string => `${finality} as of block ${at.number}, ${at.hash}`

/** How sure it is, where that was waited for. */
export const settledLines = (settled: Settled | undefined): readonly string[] =>
  settled === undefined ? [] : [settledText(settled)]

/** How far a transaction is, as every command that sends one tells it. */
export function sendingText(event: SendEvent): string {
  switch (event.type) {
    case 'queued':
      return `waiting for what the account sent before: ${event.behind} not mined yet`
    case 'sent':
      return `sent ${event.transaction}`
    case 'replaced':
      return `not mined yet, so sent again for at most ${gwei(event.maxFeePerGas)} gwei: ${event.transaction}`
  }
}

export type Status = 'new' | 'changed' | 'unchanged' | 'retracted'

/** The word for what publishing a draft does: the first version, the next one, or nothing, as it is or was taken back. */
export function statusOf(step: Step): Status {
  if (step.status === 'unchanged') return step.isRetracted ? 'retracted' : 'unchanged'
  return step.after === undefined ? 'new' : 'changed'
}

/** A publication that was carried out, or only tried out. */
export interface Published {
  readonly command: 'publish' | 'edition'
  readonly ports: WritePorts
  readonly publication: Publication
  /** A step a draft, in their order. */
  readonly drafts: readonly Draft[]
  readonly steps: readonly Step[]
  readonly dryRun: boolean
}

/** Says what was published, or would be, and what an author may not have expected of it. */
export async function tellPublication(published: Published, context: Context): Promise<Result> {
  const { out, signal } = context
  const { command, steps, dryRun } = published
  // This is advice: what was published stays published where it cannot be given.
  const newer = await newerThan(published, signal).catch(() => new Map<Step, Named>())
  if (dryRun) {
    noteTime(published, out)
    noteDataFee(published, out)
  } else noteLicense(published, out)
  for (const step of steps) {
    const named = newer.get(step)
    if (named === undefined) continue
    const { slug, version } = step.named.document
    const now = `${slug} names version ${named.document.version} now, ${named.cid}`
    const mend = `to publish it again as a new version: trend-archive ${command} --revert`
    out.note(`the draft is ${slug}@${version}, an older version: ${now}; ${mend}`)
  }
  for (const { slug, below } of steps.filter(isAddition)) {
    const versions = below.map(({ document }) => `${slug}@${document.version}`).join(', ')
    if (versions !== '') out.note(`${versions} had left the chain ${dryRun ? 'and is' : 'and was'} recorded again`)
  }
  const held = dryRun ? undefined : await heldBy(published, context)
  if (held !== undefined) noteHolders(held, published, context)
  return resultOf(published, newer, held)
}

/** Who holds what was added; nothing where nothing was. */
async function heldBy(
  { ports, steps }: Published,
  { session, signal }: Context
): Promise<readonly Holder[] | undefined> {
  const cids = steps.filter(isAddition).map(({ named }) => named.cid)
  if (cids.length === 0) return undefined
  const holders = await holdersOfAll(ports.sinks, (await session.receipts()).all(), cids, { signal })
  return holders.map((holder) => (holder.isElsewhere ? holder : { ...holder, sink: HERE }))
}

/** What is held in one place only is lost with it, so the next step is named. */
function noteHolders(held: readonly Holder[], { steps }: Published, { out, settings }: Context): void {
  const [first] = steps.filter(isAddition)
  const sinks = held.map(({ sink, checked }) => `${sink}${checked ? '' : ', where it could not be read again'}`)
  const elsewhere = held.filter(({ isElsewhere, checked }) => isElsewhere && checked)
  if (elsewhere.length > 0) {
    out.note(`held by ${held.length} independent sinks: ${sinks.join('; ')}`)
    return
  }
  const [remote] = Object.keys(settings.remotes)
  const cid = first?.named.cid
  const next =
    remote === undefined
      ? `keep a copy with: trend-archive export ${cid}; ${HOW_TO_ADD}`
      : `next: trend-archive pin ${cid} --to ${remote}`
  out.note(`held by one sink only: ${sinks.join('; ')}; ${next}`)
}

/** A CID of a dry run holds only if the time of publication, which is part of the document, is known already. */
function noteTime({ drafts, steps }: Published, out: Output): void {
  const open = steps.filter((step, i) => isAddition(step) && drafts[i]?.published === undefined)
  if (open.length > 0)
    out.note('a CID depends on the time of publishing: state `published` in a draft to know it before')
}

/** Chains on which gas is all that is paid for. Any other may be a rollup. */
const WITHOUT_DATA_FEE: readonly Chain[] = ['eip155:1', 'eip155:11155111', LOCAL]

/** What a rollup asks for its data is known only when it has asked. */
function noteDataFee({ ports: { registry }, publication: { cost } }: Published, out: Output): void {
  if (cost === undefined || WITHOUT_DATA_FEE.includes(registry.chain)) return
  out.note('if the chain is a rollup, what it takes for its data comes on top')
}

/** Who chose no licence is told once which one it is; the versions after that are under the same. */
function noteLicense({ drafts, steps }: Published, out: Output): void {
  const chosen = steps.find((step, i) => {
    if (!isAddition(step) || drafts[i]?.license !== undefined) return false
    return step.after?.document.license !== step.named.document.license
  })
  if (chosen === undefined) return
  out.note(`published under ${chosen.named.document.license}: a draft may state another \`license\``)
}

/** What slugs name now whose drafts are an older version. */
async function newerThan({ ports, steps }: Published, signal: AbortSignal): Promise<ReadonlyMap<Step, Named>> {
  const unchanged = steps.filter((step) => step.status === 'unchanged')
  if (unchanged.length === 0) return new Map()
  const { registry, sources } = ports
  const at = await registry.block('latest', { signal })
  const found = await Promise.all(
    unchanged.map(async (step): Promise<readonly (readonly [Step, Named])[]> => {
      const { cid, document } = step.named
      const { address } = parsePublisher(document.publisher)
      const head = await registry.head(address, refOf(document.slug), at, { signal })
      if (head === undefined || head === toBytes32(cid)) return []
      return [[step, await resolve({ sources, registries: [] }, { by: 'cid', cid: fromBytes32(head) }, { signal })]]
    })
  )
  return new Map(found.flat())
}

function resultOf(
  { publication: { receipts, cost, settled }, drafts, steps, dryRun }: Published,
  newer: ReadonlyMap<Step, Named>,
  held: readonly Holder[] | undefined
): Result {
  const added = steps.filter(isAddition)
  const rows = columns(
    steps.map((step) => [
      step.status === 'unchanged' || dryRun ? statusOf(step) : 'published',
      `${step.slug}@${step.named.document.version}`,
      String(step.named.cid)
    ])
  )
  const filled = steps.map((step, i) => (isAddition(step) ? filledIn(drafts[i]!, step.named.document) : undefined))
  return {
    json: {
      dryRun,
      published: dryRun ? 0 : added.length,
      ...(dryRun && { wouldPublish: added.length }),
      documents: steps.map((step, i) => {
        const { slug, named } = step
        const { version, publisher } = named.document
        const present = newer.get(step)
        return {
          slug,
          status: statusOf(step),
          cid: named.cid,
          version,
          publisher,
          filled: filled[i],
          present: present && { version: present.document.version, cid: present.cid }
        }
      }),
      receipts,
      settled,
      held,
      ...(cost !== undefined && { cost })
    },
    lines: [
      ...rows.flatMap((row, i) => (dryRun ? [row, ...fillLines(filled[i])] : [row])),
      ...(added.length === 0 ? ['nothing to publish'] : []),
      ...receipts.map(receiptLine),
      ...settledLines(settled),
      ...(cost === undefined ? [] : [costLine(cost)]),
      ...(dryRun ? ['dry run: nothing was pinned or sent'] : [])
    ]
  }
}

type Filled = Partial<Pick<TrendDocument, (typeof DEFAULTED)[number]>>

/** The fields that the draft left out and the author would have chosen. */
const filledIn = (draft: Draft, document: TrendDocument): Filled =>
  Object.fromEntries(DEFAULTED.filter((field) => draft[field] === undefined).map((field) => [field, document[field]]))

/** A summary is shown no longer than this. */
const LONGEST_SUMMARY = 60

function fillLines({ license, lang, authors, slug, summary }: Filled = {}): readonly string[] {
  const parts = [
    license && `license ${license}`,
    lang && `lang ${lang}`,
    authors && `authors ${authors.map(({ name }) => name).join(', ')}`,
    slug && `slug ${slug}`,
    summary && `summary ${JSON.stringify(cutAtWord(summary, LONGEST_SUMMARY))}`
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? [] : [`  fills in  ${parts.join(' · ')}`]
}

/** What a transaction would cost, as every command that tries one out tells it. */
export const costLine = ({ gas, maxFeePerGas, fee, maxFee }: Cost): string =>
  `would cost ${gas} gas, at most ${ether(maxFee)} of the chain's coin at ${gwei(maxFeePerGas)} gwei; now ${ether(fee)}`

/** A transaction as every command that sends one tells it. */
export function receiptLine({ transaction, block, gasUsed, fee, l1Fee }: Receipt): string {
  const coins =
    fee === undefined ? '' : `, fee ${ether(fee)}${l1Fee === undefined ? '' : ` with ${ether(l1Fee)} for data`}`
  return `transaction ${transaction}, block ${block.number}, ${gasUsed} gas${coins}`
}
