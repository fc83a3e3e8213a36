import documents from '../test/vectors/documents.json' with { type: 'json' }
import vectors from '../test/vectors/registry.json' with { type: 'json' }

const { accounts, deployment, edition, typedData } = vectors

/** A line of a block: a name and what it is. What has no name goes on with the line before. */
type Line = readonly [string, string]
type Spoken = string | number | readonly Spoken[]

interface Call {
  readonly verb: string
  readonly args: readonly Spoken[]
}

interface Signed {
  readonly type: string
  readonly signer: string
  readonly message: Readonly<Record<string, string | number>>
  readonly typeHash: string
  readonly structHash: string
  readonly signedDigest: string
  readonly signature: string
}

/** What the story calls the documents of the vectors. */
const SHORT: Readonly<Record<string, string>> = {
  'minimal trend': 'd1',
  'second version': 'd2',
  'every field of a trend': 'd3',
  'third version, a revert': 'd4',
  edition: 'e',
  'notice of a retraction': 'n'
}

/** What it calls everything else that is too long to be read. */
const NAMES: ReadonlyMap<string, string> = new Map([
  [accounts.publisher.address, 'P'],
  [accounts.editor.address, 'E'],
  [accounts.relayer.address, 'R'],
  [`0x${'0'.repeat(64)}`, '0'],
  [`0x${'0'.repeat(40)}`, '0'],
  [edition.tree, 'tree'],
  [edition.key, 'key(e, tree)'],
  [typedData.publish.signature, 'signature'],
  ...vectors.refs.map(({ slug, ref }) => [ref, `"${slug}"`] as const),
  ...vectors.documents.map(({ name, digest }) => [digest, SHORT[name]!] as const),
  ...vectors.documents.map(({ name, leaf }) => [leaf, `leaf(${SHORT[name]})`] as const)
])

const speak = (value: Spoken): string =>
  typeof value === 'object' ? `[${value.map(speak).join(', ')}]` : (NAMES.get(String(value)) ?? String(value))
const list = (values: readonly Spoken[]): string => values.map(speak).join(', ')
const spoken = ({ verb, args }: Call): string => `${verb}(${list(args)})`
const placeOf = ({ mapping, keys }: { readonly mapping: string; readonly keys: readonly string[] }): string =>
  `${mapping}${keys.map((key) => `[${speak(key)}]`).join('')}`
const PLACES: ReadonlyMap<string, string> = new Map(
  Object.values(vectors.slots).map((place) => [place.slot, placeOf(place)])
)

export const fenced = (text: string): string => `\`\`\`text\n${text}\n\`\`\``
const code = (text: string): string => `\`${text}\``
const row = (cells: readonly string[]): string =>
  `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${head.map(() => '---|').join('')}`, ...rows.map(row)].join('\n')
const block = (lines: readonly Line[]): string =>
  fenced(lines.map(([name, value]) => `${name.padEnd(11)}${value}`.trimEnd()).join('\n'))

const bare = (hex: string): string => hex.slice(2)
const wordsIn = (bytes: string): readonly string[] => bytes.match(/.{1,64}/g) ?? ['(none)']
const under = (name: string, values: readonly string[]): readonly Line[] =>
  values.map((value, i) => [i === 0 ? name : '', value])
/** A selector and what follows it, a word a line. */
const selected = (data: string): readonly string[] => [data.slice(2, 10), ...wordsIn(data.slice(10))]

function stepBlock(step: (typeof vectors.steps)[number]): string {
  const { from, time, data, logs, storage, calls } = step
  return block([
    ...under('call', calls === undefined ? [spoken(step)] : ['multicall of', ...calls.map(spoken)]),
    ['from', `${speak(from)}, at ${time}`],
    ...under('calldata', selected(data)),
    ...logs.flatMap((log) => [...under('topics', log.topics.map(bare)), ...under('data', wordsIn(bare(log.data)))]),
    ...storage.flatMap(({ slot, word }) => under('word', [PLACES.get(slot)!, bare(word)]))
  ])
}

/** The last question that is asked after so many steps. */
function answerBlock(after: number): string {
  const read = vectors.reads.findLast((one) => one.after === after)!
  return block([
    ['call', spoken(read)],
    ...under('calldata', selected(read.data)),
    ...under('answer', [...wordsIn(bare(read.answer)), `(${list(read.values)})`])
  ])
}

function signedBlock({ type, signer, message, typeHash, structHash, signedDigest, signature }: Signed): string {
  const [r, s, v] = wordsIn(bare(signature))
  return block([
    ['type', type.slice(0, type.indexOf('('))],
    ['', bare(typeHash)],
    ...Object.entries(message).map(([name, value]): Line => [name, speak(value)]),
    ['separator', bare(typedData.domain.separator)],
    ['struct', bare(structHash)],
    ['signed', bare(signedDigest)],
    ['by', speak(signer)],
    ...under('r, s, v', [r!, s!, v!])
  ])
}

const refusalLines = (refused: (typeof vectors.refusals)[number]): readonly Line[] => [
  ['call', `${spoken(refused)} from ${speak(refused.from)}`],
  ...under('error', [`${refused.error}(${list(refused.values)})`, ...selected(refused.answer)])
]

const documentNamed = (name: string): (typeof documents)[number] => documents.find((one) => one.name === name)!

/** What docs/SPEC.md shows of the vectors of part 1, by the name of its place. */
export const CHAIN_PARTS: Readonly<Record<string, string>> = {
  example: `\`\`\`json\n${documentNamed('minimal trend').canonical}\n\`\`\``,
  edition: table(
    ['', ''],
    [
      ['leaves', edition.leaves.map(code).join(', ')],
      ['tree', code(edition.tree)],
      ['leaf of the edition', code(documentNamed('edition').leaf)],
      ['key', code(edition.key)]
    ]
  ),
  deployment: table(
    ['', ''],
    [
      ['proxy', code(deployment.proxy)],
      ['salt', code(deployment.salt)],
      ['keccak256 of the creation code', code(deployment.creationCodeDigest)],
      ['address', code(deployment.address)],
      ['keccak256 of the code', code(deployment.codeDigest)]
    ]
  ),
  functions: table(
    ['function', 'selector'],
    vectors.functions.map(({ signature, selector }) => [code(signature), code(selector)])
  ),
  errors: table(
    ['error', 'selector'],
    vectors.errors.map(({ declaration, selector }) => [code(declaration), code(selector)])
  ),
  topics: table(
    ['event', 'first topic'],
    vectors.events.map(({ declaration, topic }) => [code(declaration), code(topic)])
  ),
  accounts: table(
    ['', 'account', 'private key'],
    Object.values(accounts).map(({ address, privateKey }) => [code(speak(address)), code(address), code(privateKey)])
  ),
  names: block(
    vectors.documents.flatMap(({ name, cid, leaf }): readonly Line[] => [
      [SHORT[name]!, name],
      ['  cid', bare(cid)],
      ['  leaf', bare(leaf)]
    ])
  ),
  listed: block([
    ['tree', bare(edition.tree)],
    ['key', bare(edition.key)],
    ...edition.proofs.flatMap((proof, i) => under(`proof d${i + 2}`, proof.map(bare)))
  ]),
  slots: block(
    Object.values(vectors.slots).flatMap((place): readonly Line[] => [
      [placeOf(place), ''],
      ['  m[a]', bare(place.inside)],
      ['  m[a][b]', bare(place.slot)]
    ])
  ),
  ...Object.fromEntries(vectors.steps.map((step, i) => [`step ${i + 1}`, stepBlock(step)])),
  ...Object.fromEntries([4, 5, 6].map((after) => [`answer ${after}`, answerBlock(after)])),
  'signed Publish': signedBlock(typedData.publish),
  'signed Document': signedBlock(typedData.document),
  refusals: block(vectors.refusals.flatMap(refusalLines))
}
