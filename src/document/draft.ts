import type { Issue } from '../errors.ts'
import {
  type CidText,
  type Common,
  type DEFAULTED,
  type Draft,
  type Edition,
  type EditionDraft,
  type Entry,
  type Instant,
  type Notice,
  type NoticeDraft,
  SPEC,
  type Trend,
  type TrendDocument,
  type TrendDraft
} from './document.ts'
import { invalidDocument } from './issue.ts'
import { noticeSlugFor } from './notice.ts'
import { parseDocument, parseDraft } from './parse.ts'
import { cutAtWord, firstParagraph } from './plain-text.ts'
import type { Publisher } from './publisher.ts'

/** Where a draft takes its place: whose it is, and which version of its lineage. */
export interface Placement {
  readonly publisher: Publisher
  readonly version: number
  /** The CID of the version before; there from version 2 on. */
  readonly previous?: CidText | undefined
  /** Used where the draft states no `published` of its own. */
  readonly published: Instant
}

/**
 * Makes a document of a draft: the same draft and placement give the same document everywhere.
 * @throws INVALID_DOCUMENT when the draft breaks a rule, or states another publisher, version or previous
 */
export function complete(draft: TrendDraft, placement: Placement): Trend
export function complete(draft: NoticeDraft, placement: Placement): Notice
export function complete(draft: TrendDraft | NoticeDraft, placement: Placement): Trend | Notice
export function complete(draft: TrendDraft | NoticeDraft, placement: Placement): TrendDocument {
  const parsed = parseDraft(draft)
  if (parsed.type === 'edition') {
    throw invalidDocument([{ path: '$.type', rule: 'must be trend or notice', mend: 'publish an edition as one' }])
  }
  return place(parsed, placement, { type: parsed.type ?? 'trend' })
}

/**
 * Makes an edition of a draft and the entries it lists.
 * @throws INVALID_DOCUMENT when the draft breaks a rule, or states another publisher, version or previous
 */
export function completeEdition(draft: EditionDraft, entries: readonly Entry[], placement: Placement): Edition {
  const parsed = parseDraft(draft)
  if (parsed.type !== 'edition') throw invalidDocument([{ path: '$.type', rule: 'must be edition' }])
  return place(parsed, placement, { entries }) as Edition
}

function place(draft: Draft, placement: Placement, fixed: Readonly<Record<string, unknown>>): TrendDocument {
  const [first, ...more] = conflicts(draft, placement)
  if (first !== undefined) throw invalidDocument([first, ...more])
  const { publisher, version, previous, published } = placement
  const filled = { spec: SPEC, publisher, version, ...(previous === undefined ? {} : { previous }) }
  return parseDocument({ published, ...defaultsOf(draft, publisher), ...draft, ...fixed, ...filled })
}

function conflicts(draft: Draft, placement: Placement): readonly Issue[] {
  return (['publisher', 'version', 'previous'] as const)
    .filter((field) => draft[field] !== undefined && draft[field] !== placement[field])
    .map((field) => ({
      path: `$.${field}`,
      rule: `must be ${placement[field] ?? 'left out'}, where the document takes its place; the draft states ${draft[field]}`,
      mend: 'leave it out: the tool fills it in'
    }))
}

type Defaults = Pick<Common, (typeof DEFAULTED)[number]>

function defaultsOf(draft: Draft, publisher: Publisher): Defaults {
  return {
    slug: slugOf(draft),
    summary: draft.summary ?? summaryOf(draft),
    lang: draft.lang ?? 'en',
    authors: draft.authors ?? [{ name: publisher, account: publisher }],
    license: draft.license ?? 'CC-BY-4.0'
  }
}

const LONGEST_SUMMARY = 500

function summaryOf(draft: Draft): string {
  const text = 'note' in draft ? draft.note : 'body' in draft ? (draft.body ?? '') : ''
  return cutAtWord(firstParagraph(text) || draft.title, LONGEST_SUMMARY)
}

const LONGEST_SLUG = 31

/**
 * The slug a draft states or gets: a notice's is that of the document it is about, any other's is made of its title.
 * @throws INVALID_DOCUMENT when the title has no letter or digit to make one of
 */
export function slugOf(draft: Draft): string {
  if (draft.slug !== undefined) return draft.slug
  if ('of' in draft) return noticeSlugFor(draft.of)
  const slug = draft.title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, LONGEST_SLUG)
    .replace(/-+$/, '')
  if (slug !== '') return slug
  const rule = 'cannot be made of this title: it has no letter a-z and no digit'
  throw invalidDocument([{ path: '$.slug', rule, mend: 'write a slug into the draft' }])
}
