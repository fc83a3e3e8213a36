import type { Json } from './json.ts'
import type { Publisher } from './publisher.ts'

/** The format's version, written into every document. */
export const SPEC = '1.0'

/** RFC 3339 in UTC, whole seconds: `2025-01-15T09:00:00Z`. */
export type Instant = string
/** A calendar day, `2025-01-15`. */
export type Day = string
/** A decimal number as text, `"41.5"`: no binary rounding, one spelling. */
export type Decimal = string
/** The text of a CID inside the archive's profile, base32: `bagaaiera…`. */
export type CidText = string

/** What every document says about itself. Authorship and lineage are inside the digest. */
export interface Common {
  readonly spec: typeof SPEC
  readonly publisher: Publisher
  readonly slug: string
  /** 1, 2, 3 … along a lineage. */
  readonly version: number
  /** The version before this one; there from version 2 on. */
  readonly previous?: CidText | undefined
  readonly title: string
  readonly summary: string
  readonly published: Instant
  /** BCP 47. */
  readonly lang: string
  readonly authors: readonly Author[]
  /** An SPDX licence expression. */
  readonly license: string
  /** Unknown fields, each under a reverse-DNS name: `{"org.example.rating": 5}`. */
  readonly ext?: Readonly<Record<string, Json>> | undefined
}

export interface Author {
  readonly name: string
  readonly kind?: 'person' | 'organisation' | 'software' | undefined
  readonly account?: Publisher | undefined
  readonly did?: string | undefined
  readonly orcid?: string | undefined
  readonly ror?: string | undefined
  readonly url?: string | undefined
  readonly affiliation?: string | undefined
  readonly roles?: readonly string[] | undefined
}

export interface Trend extends Common {
  readonly type: 'trend'
  /** The slug of the edition series this document is recorded through. */
  readonly edition?: string | undefined
  /** Markdown. */
  readonly body?: string | undefined
  readonly subject?: Subject | undefined
  readonly assessment?: Assessment | undefined
  /** One falsifiable sentence. */
  readonly thesis?: string | undefined
  readonly claims?: readonly Claim[] | undefined
  readonly metrics?: readonly Metric[] | undefined
  readonly evidence?: readonly Evidence[] | undefined
  readonly relations?: readonly Relation[] | undefined
  readonly change?: Change | undefined
  readonly disclosure?: Disclosure | undefined
  readonly tags?: readonly string[] | undefined
  readonly attachments?: readonly Attachment[] | undefined
  readonly scope?: Scope | undefined
}

export interface Subject {
  readonly name: string
  readonly aliases?: readonly string[] | undefined
  /** https URLs of the same thing elsewhere. */
  readonly sameAs?: readonly string[] | undefined
  readonly category?: string | undefined
}

export type Ring = 'adopt' | 'trial' | 'assess' | 'hold'

export interface Assessment {
  readonly ring: Ring
  readonly quadrant?: string | undefined
  readonly previousRing?: Ring | undefined
  readonly phase?: 'trigger' | 'peak' | 'trough' | 'slope' | 'plateau' | undefined
  readonly horizon?: 'now' | '1-3y' | '3-5y' | '5y+' | undefined
}

export interface Claim {
  readonly id: string
  readonly text: string
  readonly kind: 'observation' | 'forecast' | 'opinion'
  /** 0 to 100. */
  readonly confidence?: number | undefined
  /** Ids of evidence for it; an observation has at least one. */
  readonly evidence?: readonly string[] | undefined
  /** Ids of evidence against it. */
  readonly counter?: readonly string[] | undefined
  /** Forecasts only: what was foretold, and how it will be settled. */
  readonly forecast?: Forecast | undefined
}

export interface Forecast {
  /** From "0" to "1". */
  readonly probability?: Decimal | undefined
  /** After the document's `published`. */
  readonly resolveBy: Day
  readonly criteria: string
  /** Id of the evidence that will settle it. */
  readonly source?: string | undefined
}

export interface Metric {
  readonly id: string
  readonly name: string
  readonly unit: string
  readonly method: string
  readonly evidence?: readonly string[] | undefined
  /** In strictly ascending `time`. */
  readonly points: readonly Point[]
}

export interface Point {
  readonly time: Day
  readonly value: Decimal
  readonly low?: Decimal | undefined
  readonly high?: Decimal | undefined
  readonly flag?: string | undefined
}

export interface Evidence {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly url?: string | undefined
  readonly doi?: string | undefined
  readonly publisher?: string | undefined
  readonly authors?: readonly string[] | undefined
  readonly published?: Day | undefined
  readonly accessed?: Day | undefined
  /** W3C Web Annotation text quote selector. */
  readonly quote?: Quote | undefined
  readonly captures?: readonly Capture[] | undefined
  readonly stance?: 'supports' | 'refutes' | 'context' | undefined
}

export interface Quote {
  readonly exact: string
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
}

export interface Capture {
  readonly cid: string
  readonly mediaType: string
  readonly taken?: Instant | undefined
}

export interface Relation {
  readonly rel:
    | 'supersedes'
    | 'corrects'
    | 'contradicts'
    | 'supports'
    | 'derivedFrom'
    | 'translationOf'
    | 'partOf'
    | 'cites'
    | 'resolves'
  /** A trend CID, `publisher/slug` or `publisher/slug@version`. */
  readonly target: string
}

export interface Change {
  readonly kind: 'initial' | 'update' | 'correction' | 'editorial' | 'revert'
  readonly note: string
}

export interface Disclosure {
  readonly funding?: readonly string[] | undefined
  readonly conflicts?: readonly string[] | undefined
  readonly ai?: AiUse | undefined
}

export interface AiUse {
  readonly used: boolean
  readonly role?: string | undefined
  readonly models?: readonly string[] | undefined
}

export interface Attachment {
  readonly cid: string
  readonly mediaType: string
  readonly bytes: number
  readonly role?: string | undefined
}

export interface Scope {
  readonly regions?: readonly string[] | undefined
  readonly industries?: readonly string[] | undefined
  readonly population?: string | undefined
}

/** A document that lists many: a snapshot of one publisher's documents, sorted by slug, one a slug. */
export interface Edition extends Common {
  readonly type: 'edition'
  readonly body?: string | undefined
  readonly entries: readonly Entry[]
  readonly change?: Change | undefined
  readonly tags?: readonly string[] | undefined
}

export interface Entry {
  readonly cid: CidText
  readonly slug: string
  readonly version: number
}

/** A publisher's word about a document of its own: why it was taken back, or what is wrong with it. Informative. */
export interface Notice extends Common {
  readonly type: 'notice'
  readonly of: CidText
  readonly action: 'retracted' | 'concern'
  readonly reason: 'error' | 'fraud' | 'duplicate' | 'rights' | 'obsolete' | 'privacy' | 'other'
  readonly note: string
  readonly successor?: CidText | undefined
}

/** What the archive keeps. Only {@link parseDocument} makes one from foreign data. */
export type TrendDocument = Trend | Edition | Notice

/** The fields that the tool fills in; two drafts are the same content when they agree on all others. */
export const FILLED = ['spec', 'publisher', 'version', 'previous', 'published'] as const

export type Filled = (typeof FILLED)[number]

/** The fields that the tool derives where the author left them out. */
export const DEFAULTED = ['slug', 'summary', 'lang', 'authors', 'license'] as const

type Defaulted = (typeof DEFAULTED)[number]
type Drafted<Document extends TrendDocument> = Omit<Document, Filled | Defaulted> & {
  readonly [Field in Filled | Defaulted]?: Document[Field] | undefined
}

/** What an author writes: a title and a text are enough. `type` is `trend` when absent. */
export type TrendDraft = Omit<Drafted<Trend>, 'type'> & { readonly type?: 'trend' | undefined }
/** An edition as an author writes it: its entries come from the documents it lists. */
export type EditionDraft = Omit<Drafted<Edition>, 'entries'>
/** A notice as an author writes it. */
export type NoticeDraft = Drafted<Notice>

export type Draft = TrendDraft | EditionDraft | NoticeDraft
