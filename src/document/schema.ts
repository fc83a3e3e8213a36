import { DEFAULTED, FILLED, SPEC } from './document.ts'
import {
  anyCid,
  day,
  decimal,
  did,
  documentCid,
  doi,
  id,
  instant,
  language,
  license,
  line,
  mediaType,
  orcid,
  probability,
  prose,
  publisher,
  reverseDns,
  ror,
  slug,
  target,
  url,
  version
} from './fields.ts'
import {
  choice,
  extension,
  flag,
  integer,
  list,
  type ObjectRule,
  object,
  optional,
  set,
  type VariantRule,
  variant
} from './rule.ts'

/*
 * The format, field by field. What one field may hold is said here and nowhere else; what fields say to each other is
 * in across.ts.
 */

const author = object('author', {
  name: line(200),
  kind: optional(choice('person', 'organisation', 'software')),
  account: optional(publisher),
  did: optional(did),
  orcid: optional(orcid),
  ror: optional(ror),
  url: optional(url),
  affiliation: optional(line(200)),
  roles: optional(set(line(60), 16))
})

const common = {
  spec: choice(SPEC),
  publisher,
  slug,
  version,
  previous: optional(documentCid),
  title: line(200),
  summary: line(500),
  published: instant,
  lang: language,
  authors: list(author, 100, 1),
  license,
  ext: optional(extension(reverseDns, 64))
}

const lineage = { field: 'version', is: 1, forbids: 'previous', otherwiseNeeds: 'previous' }

const body = optional(prose(500_000))
const tags = optional(set(line(60), 32))
const change = optional(
  object('change', { kind: choice('initial', 'update', 'correction', 'editorial', 'revert'), note: prose(2000) })
)

const subject = object('subject', {
  name: line(200),
  aliases: optional(set(line(200), 32)),
  sameAs: optional(set(url, 32)),
  category: optional(line(100))
})

const ring = choice('adopt', 'trial', 'assess', 'hold')

const assessment = object('assessment', {
  ring,
  quadrant: optional(line(100)),
  previousRing: optional(ring),
  phase: optional(choice('trigger', 'peak', 'trough', 'slope', 'plateau')),
  horizon: optional(choice('now', '1-3y', '3-5y', '5y+'))
})

const forecast = object('forecast', {
  probability: optional(probability),
  resolveBy: day,
  criteria: prose(2000),
  source: optional(id)
})

const claim = object(
  'claim',
  {
    id,
    text: prose(2000),
    kind: choice('observation', 'forecast', 'opinion'),
    confidence: optional(integer(0, 100)),
    evidence: optional(set(id, 100)),
    counter: optional(set(id, 100)),
    forecast: optional(forecast)
  },
  { field: 'kind', is: 'forecast', needs: 'forecast', otherwiseForbids: 'forecast' },
  { field: 'kind', is: 'observation', needs: 'evidence' }
)

const metric = object('metric', {
  id,
  name: line(200),
  unit: line(100),
  method: prose(2000),
  evidence: optional(set(id, 100)),
  points: list(
    object('point', {
      time: day,
      value: decimal,
      low: optional(decimal),
      high: optional(decimal),
      flag: optional(line(60))
    }),
    10_000,
    1
  )
})

const evidence = object('evidence', {
  id,
  kind: line(60),
  title: line(500),
  url: optional(url),
  doi: optional(doi),
  publisher: optional(line(200)),
  authors: optional(list(line(200), 100)),
  published: optional(day),
  accessed: optional(day),
  quote: optional(object('quote', { exact: prose(5000), prefix: optional(prose(500)), suffix: optional(prose(500)) })),
  captures: optional(list(object('capture', { cid: anyCid, mediaType, taken: optional(instant) }), 32)),
  stance: optional(choice('supports', 'refutes', 'context'))
})

const relation = object('relation', {
  rel: choice(
    'supersedes',
    'corrects',
    'contradicts',
    'supports',
    'derivedFrom',
    'translationOf',
    'partOf',
    'cites',
    'resolves'
  ),
  target
})

const disclosure = object('disclosure', {
  funding: optional(list(line(500), 32)),
  conflicts: optional(list(line(500), 32)),
  ai: optional(object('aiUse', { used: flag, role: optional(prose(1000)), models: optional(set(line(100), 32)) }))
})

const attachment = object('attachment', {
  cid: anyCid,
  mediaType,
  bytes: integer(0, Number.MAX_SAFE_INTEGER),
  role: optional(line(100))
})

const scope = object('scope', {
  regions: optional(set(line(100), 64)),
  industries: optional(set(line(100), 64)),
  population: optional(line(500))
})

const trend = object(
  'trend',
  {
    type: choice('trend'),
    ...common,
    edition: optional(slug),
    body,
    subject: optional(subject),
    assessment: optional(assessment),
    thesis: optional(line(500)),
    claims: optional(list(claim, 200)),
    metrics: optional(list(metric, 100)),
    evidence: optional(list(evidence, 500)),
    relations: optional(list(relation, 200)),
    change,
    disclosure: optional(disclosure),
    tags,
    attachments: optional(list(attachment, 200)),
    scope: optional(scope)
  },
  lineage
)

const entry = object('entry', { cid: documentCid, slug, version })

const edition = object(
  'edition',
  { type: choice('edition'), ...common, body, entries: list(entry, 10_000, 1), change, tags },
  lineage
)

const notice = object(
  'notice',
  {
    type: choice('notice'),
    ...common,
    of: documentCid,
    action: choice('retracted', 'concern'),
    reason: choice('error', 'fraud', 'duplicate', 'rights', 'obsolete', 'privacy', 'other'),
    note: prose(5000),
    successor: optional(documentCid)
  },
  lineage
)

/** What a document may hold. */
export const DOCUMENT: VariantRule = variant('type', trend, edition, notice)

/** What a draft may hold: the same, but what the tool fills in may be left out, and an edition's entries must be. */
export const DRAFT: VariantRule = variant('type', drafted(trend), drafted(without(edition, 'entries')), drafted(notice))

function drafted(document: ObjectRule): ObjectRule {
  const leftOut = new Set<string>(['type', ...FILLED, ...DEFAULTED])
  const fields = Object.entries(document.fields).map(([key, field]) => [
    key,
    leftOut.has(key) ? { ...field, optional: true } : field
  ])
  return { ...document, fields: Object.fromEntries(fields), conditions: [] }
}

function without(document: ObjectRule, field: string): ObjectRule {
  const { [field]: _, ...fields } = document.fields
  return { ...document, fields }
}
