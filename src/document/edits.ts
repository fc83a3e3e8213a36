import { canonicalText } from './canonical.ts'
import type { Draft, TrendDocument } from './document.ts'
import { type Extent, extentOf, isRewritten, plainTypography } from './extent.ts'
import { elementPath, memberPath, quoted } from './issue.ts'
import type { Json } from './json.ts'

/**
 * `substantive` what is claimed, on what ground, by whom or under which terms is another now.
 * `editorial`   it says the same, better.
 * `formal`      what every new version has: its number, what it follows, when it was published, what it declares.
 */
export type Weight = 'substantive' | 'editorial' | 'formal'

/** Every kind of edit, and its weight; of texts the weight is found by comparing them. */
export const EDIT_WEIGHTS: Readonly<Record<EditKind, Weight | 'as worded' | 'as edited'>> = {
  RING_MOVED: 'substantive',
  QUADRANT_MOVED: 'substantive',
  PHASE_MOVED: 'substantive',
  HORIZON_MOVED: 'substantive',
  PREVIOUS_RING_CHANGED: 'editorial',
  THESIS_REWORDED: 'as worded',
  CLAIM_ADDED: 'substantive',
  CLAIM_REMOVED: 'substantive',
  CLAIM_REWORDED: 'as worded',
  CLAIM_KIND_CHANGED: 'substantive',
  CONFIDENCE_CHANGED: 'substantive',
  CLAIM_SUPPORT_CHANGED: 'substantive',
  FORECAST_CHANGED: 'substantive',
  CLAIMS_REORDERED: 'editorial',
  METRIC_ADDED: 'substantive',
  METRIC_REMOVED: 'substantive',
  METRIC_RENAMED: 'editorial',
  METRIC_UNIT_CHANGED: 'substantive',
  METRIC_METHOD_CHANGED: 'as worded',
  METRIC_SUPPORT_CHANGED: 'substantive',
  METRICS_REORDERED: 'editorial',
  POINT_ADDED: 'substantive',
  POINT_REMOVED: 'substantive',
  POINT_CHANGED: 'substantive',
  SOURCE_ADDED: 'substantive',
  SOURCE_REMOVED: 'substantive',
  SOURCE_RELOCATED: 'substantive',
  SOURCE_DESCRIBED: 'editorial',
  STANCE_TURNED: 'substantive',
  QUOTE_CHANGED: 'substantive',
  CAPTURE_ADDED: 'editorial',
  CAPTURE_REMOVED: 'substantive',
  CAPTURES_REORDERED: 'editorial',
  SOURCES_REORDERED: 'editorial',
  RELATION_ADDED: 'substantive',
  RELATION_REMOVED: 'substantive',
  RELATIONS_REORDERED: 'editorial',
  ATTACHMENT_ADDED: 'substantive',
  ATTACHMENT_REMOVED: 'substantive',
  ATTACHMENTS_REORDERED: 'editorial',
  SUBJECT_CHANGED: 'substantive',
  SUBJECT_DESCRIBED: 'editorial',
  SCOPE_CHANGED: 'substantive',
  DISCLOSURE_CHANGED: 'substantive',
  TITLE_EDITED: 'as edited',
  SUMMARY_EDITED: 'as edited',
  BODY_EDITED: 'as edited',
  LANGUAGE_CHANGED: 'substantive',
  LICENSE_CHANGED: 'substantive',
  AUTHOR_ADDED: 'substantive',
  AUTHOR_REMOVED: 'substantive',
  AUTHOR_DESCRIBED: 'editorial',
  AUTHORS_REORDERED: 'editorial',
  TAG_ADDED: 'editorial',
  TAG_REMOVED: 'editorial',
  TAGS_REORDERED: 'editorial',
  ENTRY_ADDED: 'substantive',
  ENTRY_REMOVED: 'substantive',
  ENTRY_MOVED: 'substantive',
  NOTICE_CHANGED: 'substantive',
  NOTE_EDITED: 'as edited',
  EXTENSION_CHANGED: 'substantive',
  IDENTITY_CHANGED: 'substantive',
  SERIES_CHANGED: 'formal',
  VERSION_CHANGED: 'formal',
  PREVIOUS_CHANGED: 'formal',
  PUBLISHED_CHANGED: 'formal',
  DECLARATION_CHANGED: 'formal',
  FIELD_CHANGED: 'substantive'
}

export type EditKind =
  | 'RING_MOVED'
  | 'QUADRANT_MOVED'
  | 'PHASE_MOVED'
  | 'HORIZON_MOVED'
  | 'PREVIOUS_RING_CHANGED'
  | 'THESIS_REWORDED'
  | 'CLAIM_ADDED'
  | 'CLAIM_REMOVED'
  | 'CLAIM_REWORDED'
  | 'CLAIM_KIND_CHANGED'
  | 'CONFIDENCE_CHANGED'
  | 'CLAIM_SUPPORT_CHANGED'
  | 'FORECAST_CHANGED'
  | 'CLAIMS_REORDERED'
  | 'METRIC_ADDED'
  | 'METRIC_REMOVED'
  | 'METRIC_RENAMED'
  | 'METRIC_UNIT_CHANGED'
  | 'METRIC_METHOD_CHANGED'
  | 'METRIC_SUPPORT_CHANGED'
  | 'METRICS_REORDERED'
  | 'POINT_ADDED'
  | 'POINT_REMOVED'
  | 'POINT_CHANGED'
  | 'SOURCE_ADDED'
  | 'SOURCE_REMOVED'
  | 'SOURCE_RELOCATED'
  | 'SOURCE_DESCRIBED'
  | 'STANCE_TURNED'
  | 'QUOTE_CHANGED'
  | 'CAPTURE_ADDED'
  | 'CAPTURE_REMOVED'
  | 'CAPTURES_REORDERED'
  | 'SOURCES_REORDERED'
  | 'RELATION_ADDED'
  | 'RELATION_REMOVED'
  | 'RELATIONS_REORDERED'
  | 'ATTACHMENT_ADDED'
  | 'ATTACHMENT_REMOVED'
  | 'ATTACHMENTS_REORDERED'
  | 'SUBJECT_CHANGED'
  | 'SUBJECT_DESCRIBED'
  | 'SCOPE_CHANGED'
  | 'DISCLOSURE_CHANGED'
  | 'TITLE_EDITED'
  | 'SUMMARY_EDITED'
  | 'BODY_EDITED'
  | 'LANGUAGE_CHANGED'
  | 'LICENSE_CHANGED'
  | 'AUTHOR_ADDED'
  | 'AUTHOR_REMOVED'
  | 'AUTHOR_DESCRIBED'
  | 'AUTHORS_REORDERED'
  | 'TAG_ADDED'
  | 'TAG_REMOVED'
  | 'TAGS_REORDERED'
  | 'ENTRY_ADDED'
  | 'ENTRY_REMOVED'
  | 'ENTRY_MOVED'
  | 'NOTICE_CHANGED'
  | 'NOTE_EDITED'
  | 'EXTENSION_CHANGED'
  | 'IDENTITY_CHANGED'
  | 'SERIES_CHANGED'
  | 'VERSION_CHANGED'
  | 'PREVIOUS_CHANGED'
  | 'PUBLISHED_CHANGED'
  | 'DECLARATION_CHANGED'
  | 'FIELD_CHANGED'

/** What one difference between two versions means, in the words of the field. */
export interface Edit {
  readonly kind: EditKind
  readonly weight: Weight
  /** Where: that of {@link diff}, or of a list around it. */
  readonly path: string
  /** What it is about, where there are several: the id of a claim, the slug of an entry, the time of a point. */
  readonly of?: string | undefined
  readonly before?: Json | undefined
  readonly after?: Json | undefined
  /** Of running text: how much of it. */
  readonly extent?: Extent | undefined
}

/** What a new version does to the one before it, or a draft to a document; empty exactly where {@link diff} is. */
export const editsBetween = (before: TrendDocument | Draft, after: TrendDocument | Draft): readonly Edit[] =>
  DOCUMENT(before as unknown as Json, after as unknown as Json, { path: '$' })

/** Whether an edit is more than what every new version has. */
export const isContent = ({ weight }: Edit): boolean => weight !== 'formal'

type Value = Json | undefined
type Members = { readonly [key: string]: Json }
interface Place {
  readonly path: string
  readonly of?: string | undefined
}
type Compare = (before: Value, after: Value, place: Place) => readonly Edit[]

const equal = (a: Value, b: Value): boolean =>
  a === undefined || b === undefined ? a === b : canonicalText(a) === canonicalText(b)

const given = (value: Value, side: 'before' | 'after'): Partial<Edit> => (value === undefined ? {} : { [side]: value })

function edit(kind: EditKind, before: Value, after: Value, { path, of }: Place): Edit {
  const told = { path, ...(of !== undefined && { of }), ...given(before, 'before'), ...given(after, 'after') }
  const weight = EDIT_WEIGHTS[kind]
  if (weight !== 'as worded' && weight !== 'as edited') return { kind, weight, ...told }
  if (typeof before !== 'string' || typeof after !== 'string') return { kind, weight: 'substantive', ...told }
  const extent = extentOf(before, after)
  const isSame = weight === 'as worded' ? plainTypography(before) === plainTypography(after) : !isRewritten(extent)
  return { kind, weight: isSame ? 'editorial' : 'substantive', ...told, extent }
}

/** One edit for whatever differs. */
const whole =
  (kind: EditKind): Compare =>
  (before, after, place) =>
    equal(before, after) ? [] : [edit(kind, before, after, place)]

/** The edits, and where they do not show what differs, as an empty list that was left out, the whole of it. */
const orWhole = (edits: readonly Edit[], kind: EditKind, before: Value, after: Value, place: Place): readonly Edit[] =>
  edits.length > 0 ? edits : whole(kind)(before, after, place)

/** An object, field by field; one that is not there is as if it were empty. */
const fields =
  (table: Readonly<Record<string, Compare>>, other: EditKind): Compare =>
  (before, after, place) => {
    const [old, young] = [membersOf(before), membersOf(after)]
    const keys = [...new Set([...Object.keys(old), ...Object.keys(young)])].sort()
    const edits = keys.flatMap((key) => {
      const compare = Object.hasOwn(table, key) ? table[key]! : whole(other)
      return compare(member(old, key), member(young, key), { ...place, path: memberPath(place.path, key) })
    })
    return orWhole(edits, other, before, after, place)
  }

interface ListKinds {
  readonly added: EditKind
  readonly removed: EditKind
  readonly reordered: EditKind
}

/** A list in which only what is there counts, and last in which order. */
const bag =
  ({ added, removed, reordered }: ListKinds): Compare =>
  (before, after, place) => {
    const [old, young] = [listOf(before), listOf(after)]
    const edits = [
      ...missing(old, young).map((i) => edit(removed, old[i], undefined, within(place, old, i))),
      ...missing(young, old).map((i) => edit(added, undefined, young[i], within(place, young, i)))
    ]
    return orWhole(edits, reordered, before, after, place)
  }

const within = ({ path, of }: Place, list: readonly Json[], i: number): Place => {
  const element = list[i]
  const named = typeof element === 'string' ? element : of
  return { path: elementPath(path, i), ...(named !== undefined && { of: named }) }
}

/** The places of `list` whose elements `other` has not, or not as often. */
function missing(list: readonly Json[], other: readonly Json[]): readonly number[] {
  const left = new Map<string, number>()
  for (const element of other) {
    const text = canonicalText(element)
    left.set(text, (left.get(text) ?? 0) + 1)
  }
  return list.flatMap((element, i) => {
    const text = canonicalText(element)
    const count = left.get(text) ?? 0
    left.set(text, count - 1)
    return count > 0 ? [] : [i]
  })
}

/** A list whose elements are told apart by a member; where they are not, as a {@link bag}. */
const named =
  (name: string, kinds: ListKinds, changed: Compare): Compare =>
  (before, after, place) => {
    const [old, young] = [byName(before, name), byName(after, name)]
    if (old === undefined || young === undefined) return bag(kinds)(before, after, place)
    const both = [...young.keys()].filter((one) => old.has(one))
    const isMoved = [...old.keys()].filter((one) => young.has(one)).some((one, i) => one !== both[i])
    const at = (one: string): Place => ({
      path: `${place.path}[${quoted(one)}]`,
      of: place.of === undefined ? one : `${place.of} ${one}`
    })
    const edits = [
      ...[...old].filter(([one]) => !young.has(one)).map(([one, was]) => edit(kinds.removed, was, undefined, at(one))),
      ...[...young].filter(([one]) => !old.has(one)).map(([one, is]) => edit(kinds.added, undefined, is, at(one))),
      ...both.flatMap((one) => changed(old.get(one), young.get(one), at(one))),
      ...(isMoved ? [edit(kinds.reordered, before, after, place)] : [])
    ]
    return orWhole(edits, kinds.reordered, before, after, place)
  }

function byName(list: Value, name: string): ReadonlyMap<string, Json> | undefined {
  const elements = listOf(list)
  const found = new Map<string, Json>()
  for (const element of elements) {
    const text = member(membersOf(element), name)
    if (typeof text === 'string') found.set(text, element)
  }
  return found.size === elements.length ? found : undefined
}

const isMembers = (value: Value): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const membersOf = (value: Value): Members => (isMembers(value) ? value : {})
const listOf = (value: Value): readonly Json[] => (Array.isArray(value) ? value : [])

// An inherited member, as `constructor` would be, is none.
const member = (members: Members, key: string): Value => (Object.hasOwn(members, key) ? members[key] : undefined)

const assessment = fields(
  {
    ring: whole('RING_MOVED'),
    quadrant: whole('QUADRANT_MOVED'),
    phase: whole('PHASE_MOVED'),
    horizon: whole('HORIZON_MOVED'),
    previousRing: whole('PREVIOUS_RING_CHANGED')
  },
  'FIELD_CHANGED'
)

const claim = fields(
  {
    text: whole('CLAIM_REWORDED'),
    kind: whole('CLAIM_KIND_CHANGED'),
    confidence: whole('CONFIDENCE_CHANGED'),
    evidence: whole('CLAIM_SUPPORT_CHANGED'),
    counter: whole('CLAIM_SUPPORT_CHANGED'),
    forecast: whole('FORECAST_CHANGED')
  },
  'FIELD_CHANGED'
)

const points = { added: 'POINT_ADDED', removed: 'POINT_REMOVED', reordered: 'FIELD_CHANGED' } as const

const metric = fields(
  {
    name: whole('METRIC_RENAMED'),
    unit: whole('METRIC_UNIT_CHANGED'),
    method: whole('METRIC_METHOD_CHANGED'),
    evidence: whole('METRIC_SUPPORT_CHANGED'),
    points: named('time', points, whole('POINT_CHANGED'))
  },
  'FIELD_CHANGED'
)

const described = whole('SOURCE_DESCRIBED')
const captures = { added: 'CAPTURE_ADDED', removed: 'CAPTURE_REMOVED', reordered: 'CAPTURES_REORDERED' } as const

const source = fields(
  {
    url: whole('SOURCE_RELOCATED'),
    doi: whole('SOURCE_RELOCATED'),
    stance: whole('STANCE_TURNED'),
    quote: whole('QUOTE_CHANGED'),
    captures: bag(captures),
    kind: described,
    title: described,
    publisher: described,
    authors: described,
    published: described,
    accessed: described
  },
  'FIELD_CHANGED'
)

/** The fields of all three types of document: none of them means different things in two. */
const DOCUMENT: Compare = fields(
  {
    spec: whole('IDENTITY_CHANGED'),
    type: whole('IDENTITY_CHANGED'),
    publisher: whole('IDENTITY_CHANGED'),
    slug: whole('IDENTITY_CHANGED'),
    version: whole('VERSION_CHANGED'),
    previous: whole('PREVIOUS_CHANGED'),
    published: whole('PUBLISHED_CHANGED'),
    change: whole('DECLARATION_CHANGED'),
    edition: whole('SERIES_CHANGED'),
    title: whole('TITLE_EDITED'),
    summary: whole('SUMMARY_EDITED'),
    body: whole('BODY_EDITED'),
    lang: whole('LANGUAGE_CHANGED'),
    license: whole('LICENSE_CHANGED'),
    authors: named(
      'name',
      { added: 'AUTHOR_ADDED', removed: 'AUTHOR_REMOVED', reordered: 'AUTHORS_REORDERED' },
      whole('AUTHOR_DESCRIBED')
    ),
    ext: whole('EXTENSION_CHANGED'),
    subject: fields({ name: whole('SUBJECT_CHANGED') }, 'SUBJECT_DESCRIBED'),
    assessment,
    thesis: whole('THESIS_REWORDED'),
    claims: named('id', { added: 'CLAIM_ADDED', removed: 'CLAIM_REMOVED', reordered: 'CLAIMS_REORDERED' }, claim),
    metrics: named('id', { added: 'METRIC_ADDED', removed: 'METRIC_REMOVED', reordered: 'METRICS_REORDERED' }, metric),
    evidence: named('id', { added: 'SOURCE_ADDED', removed: 'SOURCE_REMOVED', reordered: 'SOURCES_REORDERED' }, source),
    relations: bag({ added: 'RELATION_ADDED', removed: 'RELATION_REMOVED', reordered: 'RELATIONS_REORDERED' }),
    disclosure: whole('DISCLOSURE_CHANGED'),
    tags: bag({ added: 'TAG_ADDED', removed: 'TAG_REMOVED', reordered: 'TAGS_REORDERED' }),
    attachments: bag({
      added: 'ATTACHMENT_ADDED',
      removed: 'ATTACHMENT_REMOVED',
      reordered: 'ATTACHMENTS_REORDERED'
    }),
    scope: whole('SCOPE_CHANGED'),
    entries: named(
      'slug',
      { added: 'ENTRY_ADDED', removed: 'ENTRY_REMOVED', reordered: 'FIELD_CHANGED' },
      whole('ENTRY_MOVED')
    ),
    of: whole('NOTICE_CHANGED'),
    action: whole('NOTICE_CHANGED'),
    reason: whole('NOTICE_CHANGED'),
    successor: whole('NOTICE_CHANGED'),
    note: whole('NOTE_EDITED')
  },
  'FIELD_CHANGED'
)
