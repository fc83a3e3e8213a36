import type { EditionDraft, TrendDraft } from '../document/document.ts'
import { completeEdition, slugOf } from '../document/draft.ts'
import { entriesOf } from '../document/edition.ts'
import { ArchiveError } from '../errors.ts'
import { refOf } from '../registry/ref.ts'
import type { RegistryCall } from '../registry/registry.ts'
import {
  type Addition,
  openOwnScene,
  openScene,
  planEach,
  planVersion,
  refuseTwins,
  type Scene,
  type Step,
  type Wanted,
  wantedOf,
  withoutFilled
} from './plan.ts'
import type { WritePorts } from './ports.ts'
import {
  type CarryOptions,
  carryOut,
  forgetRecorded,
  insist,
  isAddition,
  noteOf,
  type Publication,
  type PublishOptions,
  publication,
  publications,
  settle,
  silent
} from './publish.ts'
import { waits } from './wait.ts'

export interface EditionOptions extends PublishOptions {
  /** Whether each new member's own ref is moved too, so that `publisher/slug` finds it. @default true */
  readonly refs?: boolean | undefined
}

export interface EditionPublication extends Publication {
  /** What became of the edition itself; `steps` are its members. */
  readonly edition: Step
}

/** More members whose refs move would not fit one transaction (EIP-7825: 16,777,216 gas). */
const MAX_MOVED_REFS = 250

/**
 * Publishes an edition and the documents it lists in one transaction: one record vouches for all of them.
 *
 * Members that are versions already are listed as they are; new ones are pinned, listed and, unless `refs` is false,
 * named by their own refs.
 * @throws INVALID_DOCUMENT, PIN_FAILED, REGISTRY_REJECTED, REGISTRY_UNAVAILABLE, BLOCK_UNAVAILABLE
 * @throws TRANSACTION_PENDING, FEE_TOO_HIGH, NOT_SETTLED
 */
export async function publishEdition(
  ports: WritePorts,
  draft: EditionDraft,
  members: readonly TrendDraft[],
  options: EditionOptions = {}
): Promise<EditionPublication> {
  await settle(ports, options)
  const all = (steps: readonly Step[], edition: Step): readonly Step[] => [...steps, edition]
  return await insist<EditionPublication>(ports, options, {
    work: async (telling) => await publishPlanned(ports, draft, members, { ...telling, refs: options.refs }),
    async planAt(at) {
      const { steps, edition } = await planEdition(await openScene(ports, silent(options), at), draft, members)
      return all(steps, edition)
    },
    stepsOf: ({ steps, edition }) => all(steps, edition),
    withSteps: (publication, steps) => ({ ...publication, steps: steps.slice(0, -1), edition: steps.at(-1)! })
  })
}

async function publishPlanned(
  ports: WritePorts,
  draft: EditionDraft,
  members: readonly TrendDraft[],
  options: EditionOptions & CarryOptions
): Promise<EditionPublication> {
  const { steps, edition } = await planEdition(await openOwnScene(ports, options), draft, members)
  if (!options.dryRun && !waits(options) && !isAddition(edition)) await forgetRecorded(ports, [noteOf(edition)])
  const added = steps.filter(isAddition)
  const { refs = true } = options
  if (refs && added.length > MAX_MOVED_REFS) throw tooMany(added.length)
  const moved = refs ? added : []
  // An edition that has not changed lists its members already: what is left is a ref that had moved back from one.
  const batch = edition.status === 'new' ? [...added, edition] : moved
  const batches = batch.length > 0 ? [batch] : []
  return {
    ...(await carryOut(ports, steps, batches, batches.length > 0 ? [callsOf(edition, moved)] : [], options)),
    edition
  }
}

/** What publishing an edition and its members would do. @throws INVALID_DOCUMENT */
export async function planEdition(
  scene: Scene,
  draft: EditionDraft,
  members: readonly TrendDraft[]
): Promise<{ readonly steps: readonly Step[]; readonly edition: Step }> {
  const series = slugOf(draft)
  const wanted = members.map((member) => memberOf(series, member))
  refuseTwins([series, ...wanted.map(({ slug }) => slug)])
  const steps = await planEach(scene, wanted)
  return { steps, edition: await planVersion(scene, wantedEdition(draft, series, steps)) }
}

/** A member names its series, so that a verifier finds the edition from state; one that is known without it may stay. */
function memberOf(series: string, draft: TrendDraft): Wanted {
  const { edition = series } = draft
  if (edition !== series) {
    const [path, rule] = ['$.edition', `the draft says ${edition}, the edition is ${series}`]
    throw new ArchiveError('INVALID_DOCUMENT', `${path}: ${rule}`, { path, rule, issues: [{ path, rule }] })
  }
  const { edition: _, ...alone } = draft
  return { ...wantedOf({ ...draft, edition }), alike: wantedOf(alone).alike }
}

function wantedEdition(draft: EditionDraft, slug: string, steps: readonly Step[]): Wanted {
  const entries = entriesOf(steps.map(({ named }) => ({ cid: String(named.cid), document: named.document })))
  const plain = withoutFilled(draft)
  return {
    type: 'edition',
    slug,
    ref: refOf(slug),
    fill: (placement) => completeEdition(draft, entries, placement),
    alike: (placement) => completeEdition(plain, entries, placement)
  }
}

/** The edition's record vouches for its members too, so they only have to be named. */
const callsOf = (edition: Step, moved: readonly Addition[]): readonly RegistryCall[] => [
  ...moved.map((member) => publication({ ...member, isRecorded: true })),
  ...(isAddition(edition) ? publications(edition) : [])
]

function tooMany(count: number): ArchiveError<'INVALID_OPTION'> {
  const rule = `at most ${MAX_MOVED_REFS} refs move in one transaction, and ${count} members are new`
  const hint = 'publish with refs: false (--no-refs): the edition alone names its members; or publish in parts'
  return new ArchiveError('INVALID_OPTION', rule, { option: 'refs', rule }, { hint })
}
