import type { Step } from '../archive/plan.ts'
import type { Publication, PublishEvent } from '../archive/publish.ts'
import { isAddition } from '../archive/publish.ts'
import type { Draft } from '../document/document.ts'
import { columns, type Result } from './command.ts'
import type { Output } from './output.ts'

/** Tells how far a publication is. */
export const tellProgress =
  (out: Output): ((event: PublishEvent) => void) =>
  (event) => {
    switch (event.type) {
      case 'planned':
        return out.progress(
          event,
          `${event.slug}: ${event.status === 'new' ? 'to publish' : 'unchanged'}, ${event.cid}`
        )
      case 'pinned':
        return out.progress(event, `pinned ${event.blocks} in ${event.sink}`)
      case 'recorded': {
        const { transaction, block } = event.receipt
        return out.progress(event, `recorded ${event.documents} in block ${block.number}, ${transaction}`)
      }
    }
  }

/** A CID of a dry run holds only if the time of publication, which is part of the document, is known already. */
export function noteTime(drafts: readonly Draft[], steps: readonly Step[], out: Output): void {
  const open = steps.filter((step, i) => isAddition(step) && drafts[i]?.published === undefined)
  if (open.length > 0)
    out.note('a CID depends on the time of publishing: state `published` in a draft to know it before')
}

/** What was published, or would be. */
export function publicationResult(
  { receipts, cost }: Publication,
  steps: readonly Step[],
  { dryRun }: { readonly dryRun: boolean }
): Result {
  const added = steps.filter(isAddition)
  const rows = steps.map(({ status, slug, named }) => [
    status === 'unchanged' ? 'unchanged' : dryRun ? 'would publish' : 'published',
    `${slug}@${named.document.version}`,
    String(named.cid)
  ])
  const fee = cost && { ...cost, fee: cost.gas * cost.gasPrice }
  return {
    json: {
      dryRun,
      published: added.length,
      documents: steps.map(({ status, slug, named }) => ({
        slug,
        status,
        cid: named.cid,
        version: named.document.version,
        publisher: named.document.publisher
      })),
      receipts,
      ...(fee !== undefined && { cost: fee })
    },
    lines: [
      ...columns(rows),
      ...(added.length === 0 ? ['nothing to publish'] : []),
      ...receipts.map(
        ({ transaction, block, gasUsed }) => `transaction ${transaction}, block ${block.number}, ${gasUsed} gas`
      ),
      ...(fee === undefined ? [] : [`would cost ${fee.gas} gas, at most ${ether(fee.fee)} of the chain's coin`]),
      ...(dryRun ? ['dry run: nothing was pinned or sent'] : [])
    ]
  }
}

/** Wei as a decimal number of ether, exactly. */
function ether(wei: bigint): string {
  const digits = String(wei).padStart(19, '0')
  const fraction = digits.slice(-18).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -18) : `${digits.slice(0, -18)}.${fraction}`
}
