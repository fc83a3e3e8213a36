// Writes the golden vectors: documents with their bytes and names, bytes that must be refused, spellings
// of CIDs, the trees of editions with the proofs of their members, and a story on the registry.
// `--check` says whether they are up to date. What must be refused, and why, is stated here and not computed.
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { base16 } from 'multiformats/bases/base16'
import { base32, base32upper } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { cidOf, parseCid, toBytes32 } from '../src/block/cid.ts'
import { canonicalText, encode } from '../src/document/canonical.ts'
import type { Edition, Notice, Trend, TrendDocument } from '../src/document/document.ts'
import { complete, completeEdition, type Placement } from '../src/document/draft.ts'
import { entriesOf } from '../src/document/edition.ts'
import { readDocument } from '../src/document/parse.ts'
import { isArchiveError } from '../src/errors.ts'
import { editionTree, keyOf, leafOf } from '../src/registry/tree.ts'
import { registryVectors } from './registry-vectors.ts'

const placement: Placement = {
  publisher: 'eip155:31337:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  version: 1,
  published: '2025-01-15T09:00:00Z'
}
const PDF = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

const nameOf = async (document: TrendDocument): Promise<string> => String(await cidOf(encode(document)))
const next = async (document: TrendDocument, published: string): Promise<Placement> => ({
  ...placement,
  version: document.version + 1,
  previous: await nameOf(document),
  published
})

const minimal = complete({ title: 'Edge computing', body: 'Computing moves to the edge.' }, placement)
const second = complete(
  {
    title: 'Edge computing',
    body: 'Computing moves to the edge, and data follows.',
    change: { kind: 'update', note: 'Data.' }
  },
  await next(minimal, '2025-02-15T09:00:00Z')
)
const third = complete(
  {
    title: 'Edge computing',
    body: 'Computing moves to the edge.',
    change: { kind: 'revert', note: 'Back to version 1.' }
  },
  await next(second, '2025-03-15T09:00:00Z')
)

const full: Trend = complete(
  {
    type: 'trend',
    slug: 'serverless',
    title: 'Serverless becomes the default',
    summary: 'New backends start without servers of their own.',
    published: '2025-01-20T12:30:45Z',
    lang: 'en-GB',
    license: 'CC-BY-4.0 OR MIT',
    authors: [
      {
        name: 'Ada Analyst',
        kind: 'person',
        account: 'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045',
        did: 'did:web:example.org',
        orcid: '0000-0002-1825-0097',
        ror: 'https://ror.org/05gq02987',
        url: 'https://example.org/ada',
        affiliation: 'Example Institute',
        roles: ['analysis', 'writing']
      },
      { name: 'drafter', kind: 'software' }
    ],
    edition: 'backend-trends',
    body: '# Why\n\nNo servers to manage.\n\n\t- scales with demand\n',
    subject: {
      name: 'Serverless computing',
      aliases: ['FaaS'],
      sameAs: ['https://www.wikidata.org/wiki/Q28456013'],
      category: 'infrastructure'
    },
    assessment: { ring: 'trial', quadrant: 'platforms', previousRing: 'assess', phase: 'slope', horizon: '1-3y' },
    thesis: 'By the end of 2028 most new services of the sample start without self-managed servers.',
    claims: [
      { id: 'c1', kind: 'observation', text: 'The share rose.', confidence: 75, evidence: ['e1'], counter: ['e2'] },
      {
        id: 'c2',
        kind: 'forecast',
        text: 'The share passes one half.',
        forecast: { probability: '0.62', resolveBy: '2028-12-31', criteria: 'The same survey says so.', source: 'e1' }
      },
      { id: 'c3', kind: 'opinion', text: 'It is worth a try.', confidence: 0 }
    ],
    metrics: [
      {
        id: 'm1',
        name: 'share of new services',
        unit: 'percent',
        method: 'A survey.',
        evidence: ['e1'],
        points: [
          { time: '2023-09-30', value: '31' },
          { time: '2024-09-30', value: '41.5', low: '37', high: '47.25', flag: 'estimated' }
        ]
      }
    ],
    evidence: [
      {
        id: 'e1',
        kind: 'survey',
        title: 'A survey of backends',
        url: 'https://example.org/survey?year=2024',
        doi: '10.1000/182',
        publisher: 'Example Institute',
        authors: ['Ada Analyst'],
        published: '2024-10-01',
        accessed: '2025-01-10',
        quote: { exact: 'The share rose.', prefix: 'As expected: ', suffix: ' So did cost.' },
        captures: [{ cid: PDF, mediaType: 'application/pdf', taken: '2025-01-10T08:00:00Z' }],
        stance: 'supports'
      },
      { id: 'e2', kind: 'report', title: 'Coming home from the cloud', stance: 'refutes' }
    ],
    relations: [
      { rel: 'cites', target: await nameOf(minimal) },
      { rel: 'supports', target: `${placement.publisher}/edge-computing@2` },
      { rel: 'contradicts', target: `${placement.publisher}/on-premises` }
    ],
    change: { kind: 'initial', note: 'The first version.' },
    disclosure: {
      funding: [],
      conflicts: ['The author works for a cloud.'],
      ai: { used: true, role: 'Proof-reading.', models: ['example-model'] }
    },
    tags: ['serverless', 'faas'],
    attachments: [{ cid: PDF, mediaType: 'text/csv;charset=utf-8', bytes: 1234, role: 'data' }],
    scope: { regions: ['Europe'], industries: ['software'], population: '412 firms' },
    ext: { 'org.example.rating': { score: 4.5, 10: 'ten', 9: 'nine' }, 'org.example.note': null }
  },
  placement
)

const unicode = complete(
  {
    slug: 'unicode',
    title: 'Überall “Kanten” – 端 🚀',
    body: 'Zwei Absätze,\n\nein Tab:\t“zitiert” \\ und \u{1f600}.\nRechts nach links: \u05e9\u05dc\u05d5\u05dd',
    lang: 'de',
    tags: ['端', '🚀', '\u20ac', '\uffee']
  },
  placement
)
const extended = complete(
  {
    slug: 'extended',
    title: 'Extensions',
    summary: 'What an extension may hold.',
    ext: {
      'org.example.keys': JSON.parse(
        '{"10":1,"9":2,"1":3,"":4,"a":5,"A":6,"__proto__":{"x":1},"constructor":7,"\\ufb33":8,"\\ud83d\\ude00":9,"\\u0080":10}'
      ),
      'org.example.numbers': [0, -1, 1e21, 1e-7, 0.000001, 1.5, 5e-324, 1.7976931348623157e308, 9007199254740991],
      'org.example.nested': [[], {}, [[{}]], null, true, false, '\u0000\u0008\u001f\u007f"\\/']
    }
  },
  placement
)
const mainnet = complete(
  { title: 'Zero trust', summary: 'Trust is named.', authors: [{ name: 'An organisation', kind: 'organisation' }] },
  { publisher: 'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045', version: 1, published: '2024-02-29T23:59:59Z' }
)
const longest = complete(
  { slug: 'a234567890123456789012345678901', title: 't'.repeat(200), summary: '€'.repeat(500) },
  placement
)

const listed = await Promise.all([full, second].map(async (document) => ({ cid: await nameOf(document), document })))
const edition: Edition = completeEdition(
  { type: 'edition', slug: 'backend-trends', title: 'Backend trends', summary: 'Two trends.' },
  entriesOf(listed),
  placement
)
const secondEdition: Edition = completeEdition(
  {
    type: 'edition',
    slug: 'backend-trends',
    title: 'Backend trends',
    body: 'Only one is left.',
    change: { kind: 'update', note: 'One trend was taken back.' },
    tags: ['backend']
  },
  entriesOf(listed.slice(0, 1)),
  await next(edition, '2025-04-15T09:00:00Z')
)
const retraction: Notice = complete(
  {
    type: 'notice',
    title: 'Edge computing is retracted',
    of: await nameOf(second),
    action: 'retracted',
    reason: 'error',
    note: 'The data did not follow.',
    successor: await nameOf(third)
  },
  placement
)
const concern: Notice = complete(
  {
    type: 'notice',
    title: 'A concern about a survey',
    of: await nameOf(full),
    action: 'concern',
    reason: 'other',
    note: 'The sample may be too small.\n\nIt is being looked at.'
  },
  placement
)

const named = {
  'minimal trend': minimal,
  'second version': second,
  'third version, a revert': third,
  'every field of a trend': full,
  'text in many scripts': unicode,
  'extensions with awkward keys and numbers': extended,
  'publisher on mainnet, leap day': mainnet,
  'longest slug, title and summary': longest,
  edition,
  'second version of an edition': secondEdition,
  'notice of a retraction': retraction,
  'notice of a concern': concern
}

const documents = await Promise.all(
  Object.entries(named).map(async ([name, document]) => {
    const bytes = encode(document)
    const cid = await cidOf(bytes)
    const bytes32 = toBytes32(cid)
    return {
      name,
      document,
      canonical: canonicalText(document),
      bytes: bytes.length,
      cid: String(cid),
      bytes32,
      leaf: leafOf(bytes32)
    }
  })
)

type Refusal = { readonly name: string } & (
  | { readonly text: string }
  | { readonly base64: string }
  /** Texts, each repeated so many times, one after the other. */
  | { readonly parts: readonly (readonly [string, number])[] }
) &
  (
    | { readonly code: 'INVALID_DOCUMENT'; readonly path: string }
    | { readonly code: 'NOT_CANONICAL'; readonly offset: number }
  )

const invalid = (name: string, text: string, path = '$'): Refusal => ({ name, text, code: 'INVALID_DOCUMENT', path })
const invalidBytes = (name: string, bytes: readonly number[]): Refusal => ({
  name,
  base64: Buffer.from(bytes).toString('base64'),
  code: 'INVALID_DOCUMENT',
  path: '$'
})
const respelt = (name: string, text: string, offset: number): Refusal => ({ name, text, code: 'NOT_CANONICAL', offset })

type Members = Readonly<Record<string, unknown>>
type Change = (document: Members) => Members
const broken = (name: string, document: TrendDocument, path: string, change: Change): Refusal =>
  invalid(name, canonicalText(change(document as unknown as Members) as never), path)
const given = (name: string, field: string, value: unknown): Refusal =>
  broken(`${field}: ${name}`, minimal, `$.${field}`, (document) => ({ ...document, [field]: value }))
const inFull = (name: string, path: string, fields: Members): Refusal =>
  broken(name, full, path, (document) => ({ ...document, ...fields }))
const without = (field: string): Refusal =>
  broken(`without ${field}`, minimal, `$.${field}`, ({ [field]: _, ...document }) => document)

const [c1, c2, c3] = (full.claims ?? []) as readonly [object, object, object]
const [e1] = (full.evidence ?? []) as readonly [object]
const [m1] = (full.metrics ?? []) as readonly [object]
const [one, two] = edition.entries as readonly [object, object]
const text = canonicalText(minimal)
const DAY_BEFORE = '2025-01-20'

const refused: readonly Refusal[] = [
  invalid('nothing', ''),
  invalid('space only', ' \n'),
  invalid('no JSON', 'trend'),
  invalid('cut off', text.slice(0, -1)),
  invalid('something after the value', `${text}x`),
  invalid('two values', `${text}${text}`),
  invalid('comma at the end of an object', '{"a":1,}'),
  invalid('comma at the end of a list', '[1,]', '$[1]'),
  invalid('single quotes', "{'a':1}"),
  invalid('comment', '{}//'),
  invalid('NaN', '[NaN]', '$[0]'),
  invalid('leading zero', '[01]'),
  invalid('plus sign', '[+1]', '$[0]'),
  invalid('hexadecimal number', '[0x10]'),
  invalid('unescaped control character', '["\u0001"]', '$[0]'),
  invalid('unknown escape', '["\\x41"]', '$[0]'),
  invalid('byte order mark', `\ufeff${text}`),
  invalidBytes('UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  invalidBytes('cut-off UTF-8', [0x22, 0xe2, 0x82, 0x22]),
  invalidBytes('overlong UTF-8', [0x22, 0xc1, 0x81, 0x22]),
  invalidBytes('surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]),
  invalid('lone surrogate, escaped', '{"a":"\\ud800"}', '$.a'),
  invalid('lone low surrogate, escaped', '{"a":["\\udc00x"]}', '$.a[0]'),
  invalid('key given twice', '{"a":1,"a":1}', '$.a'),
  invalid('key given twice, once escaped', '{"a":1,"\\u0061":2}', '$.a'),
  invalid('key given twice, deep down', '{"a":[{"b":{"c":1,"c":1}}]}', '$.a[0].b.c'),
  invalid('__proto__ given twice', '{"__proto__":1,"__proto__":2}', '$.__proto__'),
  invalid('number too large', '{"a":1e400}', '$.a'),
  invalid('number too small', '{"a":[-1e400]}', '$.a[0]'),
  invalid('integer that loses digits', '{"a":9007199254740993}', '$.a'),
  invalid('nested deeper than 64', `${'{"a":'.repeat(64)}[]${'}'.repeat(64)}`, `$${'.a'.repeat(64)}`),
  {
    name: 'nested a hundred thousand deep',
    parts: [['[', 100_000]],
    code: 'INVALID_DOCUMENT',
    path: `$${'[0]'.repeat(64)}`
  },
  {
    name: 'one byte more than 1 MiB',
    parts: [
      ['"', 1],
      ['x', 1_048_575],
      ['"', 1]
    ],
    code: 'INVALID_DOCUMENT',
    path: '$'
  },

  respelt('space after the value', `${text} `, text.length),
  respelt('newline before the value', `\n${text}`, 0),
  respelt('space after a colon', '{"a": 1}', 5),
  respelt('keys in another order', '{"b":1,"a":2}', 2),
  respelt('integer-like keys in the order of numbers', '{"9":1,"10":2}', 2),
  respelt('keys in the order of code points', '{"\ufb33":1,"\u{1f600}":2}', 2),
  respelt('minus zero', '{"a":-0}', 5),
  respelt('fraction of zero', '{"a":1.0}', 6),
  respelt('exponent', '{"a":1e2}', 6),
  respelt('upper-case exponent', '{"a":1E+21}', 6),
  respelt('needless digits', '{"a":0.10}', 8),
  respelt('needless escape', '{"a":"\\u0041"}', 6),
  respelt('escaped slash', '{"a":"\\/"}', 6),
  respelt('upper-case hexadecimal escape', '{"a":"\\u001F"}', 11),
  respelt('long escape of a newline', '{"a":"\\u000a"}', 7),
  respelt('escaped astral character', '{"a":"\\ud83d\\ude00"}', 6),

  invalid('a list', '[]'),
  invalid('null', 'null'),
  invalid('a text', '"trend"'),
  invalid('no fields', '{}', '$.type'),
  ...[
    'type',
    'spec',
    'publisher',
    'slug',
    'version',
    'title',
    'summary',
    'published',
    'lang',
    'authors',
    'license'
  ].map(without),
  given('of no kind', 'type', 'report'),
  given('of a later format', 'spec', '2.0'),
  given('unknown', 'rating', 5),
  given('constructor', 'constructor', {}),
  broken('own __proto__', minimal, '$.__proto__', (document) =>
    JSON.parse(`{"__proto__":1,${canonicalText(document as never).slice(1)}`)
  ),
  given('upper-case address', 'publisher', 'eip155:31337:0xF39FD6E51AAD88F6F4CE6AB8827279CFFFB92266'),
  given('short address', 'publisher', 'eip155:31337:0xf39f'),
  given('not of an EVM chain', 'publisher', 'cosmos:cosmoshub-4:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'),
  given('32 characters', 'slug', 'a'.repeat(32)),
  given('upper case', 'slug', 'Edge'),
  given('starts with a hyphen', 'slug', '-edge'),
  given('homoglyph', 'slug', 'edge-c\u043emputing'),
  given('newline at the end', 'slug', 'edge\n'),
  given('zero', 'version', 0),
  given('a fraction', 'version', 1.5),
  given('a text', 'version', '1'),
  given('in version 1', 'previous', edition.entries[0]?.cid),
  broken('previous: missing in version 2', second, '$.previous', ({ previous: _, ...document }) => document),
  ...[
    ['upper case', second.previous?.toUpperCase()],
    ['padding bits are not zero', `${second.previous?.slice(0, -1)}b`],
    ['too short', second.previous?.slice(0, -1)],
    ['codec raw', PDF]
  ].map(([name, previous]) =>
    broken(`previous: ${name}`, second, '$.previous', (document) => ({ ...document, previous }))
  ),
  given('empty', 'title', ''),
  given('blank', 'title', ' '),
  given('space at the end', 'title', 'Edge '),
  given('two lines', 'title', 'Edge\ncomputing'),
  given('escape character', 'title', '\u001b[31mEdge'),
  given('C1 control character', 'title', 'Edge\u0085'),
  given('not in NFC', 'title', 'Cafe\u0301'),
  given('201 characters', 'title', 'x'.repeat(201)),
  given('501 characters', 'summary', '🚀'.repeat(501)),
  given('carriage return', 'body', 'a\r\nb'),
  given('null', 'body', null),
  given('no such day', 'published', '2025-02-29T09:00:00Z'),
  given('hour 24', 'published', '2025-01-15T24:00:00Z'),
  given('leap second', 'published', '2016-12-31T23:59:60Z'),
  given('not in UTC', 'published', '2025-01-15T09:00:00+00:00'),
  given('fractions of a second', 'published', '2025-01-15T09:00:00.000Z'),
  given('no language', 'lang', 'English'),
  given('empty', 'authors', []),
  given('a text', 'license', 5),
  broken('author without a name', minimal, '$.authors[0].name', (document) => ({ ...document, authors: [{}] })),
  broken('author with an unknown field', minimal, '$.authors[0].email', (document) => ({
    ...document,
    authors: [{ name: 'A', email: 'a@example.org' }]
  })),
  broken('extension without a domain', minimal, '$.ext.rating', (document) => ({ ...document, ext: { rating: 5 } })),
  inFull('author by plain http', '$.authors[0].url', { authors: [{ name: 'A', url: 'http://example.org' }] }),
  inFull('author with a password in the URL', '$.authors[0].url', {
    authors: [{ name: 'A', url: 'https://a:b@example.org' }]
  }),
  inFull('ring of no radar', '$.assessment.ring', { assessment: { ring: 'avoid' } }),
  inFull('claim id given twice', '$.claims[1].id', { claims: [c1, { ...c3, id: 'c1' }] }),
  inFull('claim names evidence that is not there', '$.claims[0].evidence[1]', {
    claims: [{ ...c1, evidence: ['e1', 'e9'] }]
  }),
  inFull('counter-evidence that is not there', '$.claims[0].counter[0]', { claims: [{ ...c3, counter: ['e9'] }] }),
  inFull('observation without evidence', '$.claims[0].evidence', { claims: [{ ...c1, evidence: [] }] }),
  inFull('confidence above 100', '$.claims[0].confidence', { claims: [{ ...c3, confidence: 101 }] }),
  inFull('forecast that foretells nothing', '$.claims[0].forecast', { claims: [{ ...c3, kind: 'forecast' }] }),
  inFull('opinion with a forecast', '$.claims[0].forecast', { claims: [{ ...c2, kind: 'opinion' }] }),
  inFull('forecast of the day of publication', '$.claims[0].forecast.resolveBy', {
    claims: [{ ...c2, forecast: { resolveBy: DAY_BEFORE, criteria: 'It is so.' } }]
  }),
  inFull('probability above one', '$.claims[0].forecast.probability', {
    claims: [{ ...c2, forecast: { probability: '1.5', resolveBy: '2028-12-31', criteria: 'It is so.' } }]
  }),
  inFull('forecast settled by evidence that is not there', '$.claims[0].forecast.source', {
    claims: [{ ...c2, forecast: { resolveBy: '2028-12-31', criteria: 'It is so.', source: 'e9' } }]
  }),
  inFull('two points of one day', '$.metrics[0].points[1].time', {
    metrics: [{ ...m1, points: ['1', '2'].map((value) => ({ time: '2024-01-01', value })) }]
  }),
  inFull('metric without points', '$.metrics[0].points', { metrics: [{ ...m1, points: [] }] }),
  ...['41.50', '-0', '.5', '1.', '+1', '1e3', '01', 'NaN', '１'].map((value) =>
    inFull(`decimal spelled ${value}`, '$.metrics[0].points[0].value', {
      metrics: [{ ...m1, points: [{ time: '2024-01-01', value }] }]
    })
  ),
  inFull('decimal as a number', '$.metrics[0].points[0].value', {
    metrics: [{ ...m1, points: [{ time: '2024-01-01', value: 41.5 }] }]
  }),
  inFull('capture without a CID', '$.evidence[0].captures[0].cid', {
    claims: [],
    metrics: [],
    evidence: [{ ...e1, captures: [{ cid: 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKcn9T', mediaType: 'text/html' }] }]
  }),
  inFull('relation to nothing', '$.relations[0].target', { relations: [{ rel: 'cites', target: 'edge-computing' }] }),
  inFull('tag given twice', '$.tags[1]', { tags: ['faas', 'faas'] }),
  broken('edition of an edition', edition, '$.edition', (document) => ({ ...document, edition: 'yearbook' })),
  broken('edition without entries', edition, '$.entries', (document) => ({ ...document, entries: [] })),
  broken('entries out of order', edition, '$.entries[1].slug', (document) => ({ ...document, entries: [two, one] })),
  broken('two entries of one slug', edition, '$.entries[1].slug', (document) => ({ ...document, entries: [one, one] })),
  broken('edition of a notice', concern, '$.edition', (document) => ({ ...document, edition: 'yearbook' })),
  broken('slug of another notice', concern, '$.slug', (document) => ({ ...document, slug: retraction.slug })),
  broken('notice without a reason', concern, '$.reason', ({ reason: _, ...document }) => document),
  broken('a document that succeeds itself', concern, '$.successor', (document) => ({
    ...document,
    successor: concern.of
  }))
]

for (const refusal of refused) holdTo(refusal)

function holdTo(refusal: Refusal): void {
  const found = refusalOf(bytesOf(refusal))
  const { code } = refusal
  const expected = code === 'NOT_CANONICAL' ? { code, offset: refusal.offset } : { code, path: refusal.path }
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`${refusal.name}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`)
  }
}

function bytesOf(refusal: Refusal): Uint8Array {
  if ('base64' in refusal) return Buffer.from(refusal.base64, 'base64')
  return Buffer.from(
    'text' in refusal ? refusal.text : refusal.parts.map(([part, times]) => part.repeat(times)).join('')
  )
}

function refusalOf(bytes: Uint8Array): unknown {
  try {
    readDocument(bytes)
    return 'no refusal'
  } catch (error) {
    if (isArchiveError(error, 'NOT_CANONICAL')) return { code: error.code, offset: error.details.offset }
    if (isArchiveError(error, 'INVALID_DOCUMENT')) return { code: error.code, path: error.details.path }
    return String(error)
  }
}

const digest = createHash('sha256').update(encode(minimal)).digest()
const digestOf = (code: number, bytes: Uint8Array): Digest.Digest<number, number> => Digest.create(code, bytes)
const cidWith = (codec: number, code = 0x12, bytes: Uint8Array = digest): string =>
  String(CID.createV1(codec, digestOf(code, bytes)))
const JSON_CODEC = 0x0200
const cid = await cidOf(encode(minimal))
const bytes32 = toBytes32(cid)

const cids = {
  accepted: [
    { name: 'base32', text: cid.toString(base32.encoder), bytes32 },
    { name: 'base32, upper case', text: cid.toString(base32upper.encoder), bytes32 },
    { name: 'base36', text: cid.toString(base36.encoder), bytes32 },
    { name: 'base58', text: cid.toString(base58btc.encoder), bytes32 }
  ],
  refused: [
    { name: 'nothing', text: '' },
    { name: 'junk', text: 'edge-computing' },
    { name: 'space before it', text: ` ${cid}` },
    { name: 'newline after it', text: `${cid}\n` },
    { name: 'an ipfs:// URI', text: `ipfs://${cid}` },
    { name: 'a letter outside base32', text: `${String(cid).slice(0, -1)}1` },
    { name: 'cut off', text: String(cid).slice(0, -2) },
    { name: 'longer than it says', text: `${cid}aa` },
    {
      name: 'padding bits that are not zero',
      text: `${String(cid).slice(0, -1)}${String(cid).endsWith('a') ? 'b' : 'r'}`
    },
    { name: 'base16, which few readers know', text: cid.toString(base16.encoder) },
    { name: 'version 0', text: String(CID.createV0(digestOf(0x12, digest) as never)) },
    { name: 'codec raw', text: cidWith(0x55) },
    { name: 'codec dag-pb', text: cidWith(0x70) },
    { name: 'codec dag-cbor', text: cidWith(0x71) },
    { name: 'codec dag-json', text: cidWith(0x0129) },
    { name: 'sha2-512', text: cidWith(JSON_CODEC, 0x13, createHash('sha512').update(encode(minimal)).digest()) },
    { name: 'sha2-512 cut to 32 bytes', text: cidWith(JSON_CODEC, 0x13, digest) },
    { name: 'sha1', text: cidWith(JSON_CODEC, 0x11, createHash('sha1').update(encode(minimal)).digest()) },
    { name: 'identity', text: cidWith(JSON_CODEC, 0x00, digest) },
    { name: 'digest cut to 20 bytes', text: cidWith(JSON_CODEC, 0x12, digest.subarray(0, 20)) },
    { name: 'digest cut to 31 bytes', text: cidWith(JSON_CODEC, 0x12, digest.subarray(0, 31)) },
    { name: 'empty digest', text: cidWith(JSON_CODEC, 0x12, new Uint8Array()) }
  ].map((refusal) => ({ ...refusal, code: 'UNSUPPORTED_CID' }))
}
for (const { name, text, bytes32 } of cids.accepted) {
  if (toBytes32(parseCid(text)) !== bytes32) throw new Error(`${name}: not the same CID`)
}
for (const { name, text } of cids.refused) {
  try {
    parseCid(text)
  } catch (error) {
    if (isArchiveError(error, 'UNSUPPORTED_CID')) continue
  }
  throw new Error(`${name}: not refused as UNSUPPORTED_CID`)
}

/** The digest that stands for the n-th document of a tree: sha2-256 of the number's decimal digits. */
const digestOfNumber = (n: number): `0x${string}` => `0x${createHash('sha256').update(String(n)).digest('hex')}`
const trees = [1, 2, 3, 5, 8, 13].map((size) => {
  const digests = Array.from({ length: size }, (_, i) => digestOfNumber(i))
  const edition = digestOfNumber(1000 + size)
  const tree = editionTree(digests)
  return {
    digests,
    leaves: digests.map(leafOf),
    root: tree.root,
    edition,
    key: keyOf(edition, tree.root),
    proofs: digests.map((_, i) => [...tree.proof(i), leafOf(edition)])
  }
})

const registry = await registryVectors(documents)

for (const [name, vectors] of Object.entries({ documents, refused, cids, trees, registry })) {
  const file = new URL(`../test/vectors/${name}.json`, import.meta.url)
  const written = `${JSON.stringify(vectors, undefined, 2)}\n`
  if (!process.argv.includes('--check')) await writeFile(file, written)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== written) {
    console.error(`test/vectors/${name}.json is out of date: run node scripts/vectors.ts`)
    process.exitCode = 1
  }
}
