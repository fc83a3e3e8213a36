import {
  AbiCoder,
  concat,
  type ErrorFragment,
  type EventFragment,
  Interface,
  keccak256,
  TypedDataEncoder,
  toUtf8Bytes,
  Wallet
} from 'ethers'
import type { Bytes32 } from '../src/block/cid.ts'
import { trendRegistryAbi } from '../src/registry/abi.ts'
import { ADDRESS, CODE_DIGEST, creationCode, PROXY, SALT } from '../src/registry/bytecode.ts'
import { refOf } from '../src/registry/ref.ts'
import { NONE } from '../src/registry/registry.ts'
import { editionTree, keyOf, leafOf } from '../src/registry/tree.ts'

/** A document of the other vectors, by its name there. */
export interface NamedDigest {
  readonly name: string
  readonly bytes32: Bytes32
}

/** What a transaction writes: a slot and the word in it afterwards. */
interface Written {
  readonly slot: string
  readonly word: string
}

/** The keys of the local dev chain's first accounts. The whole world has them, so they sign nothing that counts. */
const KEYS = {
  publisher: '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  editor: '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  relayer: '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a'
}
const CHAIN_ID = 31337
const NOBODY = `0x${'0'.repeat(40)}`
/** Seconds. Later than any chain of today, so that a chain started now can be brought there. */
const START = 4_000_000_000
const DOMAIN = { name: 'TrendRegistry', version: '1', chainId: CHAIN_ID, verifyingContract: ADDRESS }
const TYPES = {
  Publish: [
    { type: 'address', name: 'publisher' },
    { type: 'address', name: 'editor' },
    { type: 'bytes32', name: 'ref' },
    { type: 'bytes32', name: 'digest' },
    { type: 'bytes32', name: 'parent' },
    { type: 'bytes32', name: 'tree' },
    { type: 'uint256', name: 'deadline' }
  ],
  Document: [
    { type: 'address', name: 'publisher' },
    { type: 'bytes32', name: 'digest' }
  ]
}

const contract = new Interface(trendRegistryAbi)
const coder = AbiCoder.defaultAbiCoder()
const addressOf = (key: string): string => new Wallet(key).address.toLowerCase()
const [P, E, R] = [KEYS.publisher, KEYS.editor, KEYS.relayer].map(addressOf) as [string, string, string]

/**
 * One story on chain, byte for byte: a document is recorded, an editor is made, points at the next version and signs an
 * edition that a third account sends, a version is taken back, and what the editor did is disowned.
 */
export async function registryVectors(documents: readonly NamedDigest[]): Promise<Readonly<Record<string, unknown>>> {
  const digestOf = (name: string): Bytes32 => {
    const found = documents.find((document) => document.name === name)
    if (found === undefined) throw new Error(`there is no document ${name}`)
    return found.bytes32
  }
  const names = ['minimal trend', 'second version', 'every field of a trend', 'edition', 'notice of a retraction']
  const [first, second, other, edition, notice] = names.map(digestOf) as [Bytes32, Bytes32, Bytes32, Bytes32, Bytes32]
  const third = digestOf('third version, a revert')
  const [trend, series] = [refOf('edge-computing'), refOf('backend-trends')]
  const tree = editionTree([second, other])
  const key = keyOf(edition, tree.root)
  const deadline = START + 3600
  const publication = { publisher: P, editor: E, ref: series, digest: edition, parent: NONE, tree: tree.root, deadline }
  const publish = await signed('Publish', publication, KEYS.editor)
  const relayed = [P, series, edition, NONE, tree.root, deadline, E]

  const slots = {
    firstRecord: slotOf('records', P, leafOf(first)),
    trendHead: slotOf('heads', P, trend),
    until: slotOf('editors', P, E),
    editionRecord: slotOf('records', P, key),
    seriesHead: slotOf('heads', P, series),
    secondRecord: slotOf('records', P, leafOf(second)),
    noticeHead: slotOf('heads', P, leafOf(second))
  }
  const write = (of: keyof typeof slots, word: string): Written => ({ slot: slots[of].slot, word })
  const withdrawal = [call('point', [P, leafOf(second), notice, NONE]), call('retract', [leafOf(second)])]

  return {
    chainId: CHAIN_ID,
    deployment: {
      proxy: PROXY,
      salt: SALT,
      creationCodeDigest: keccak256(creationCode),
      address: ADDRESS,
      codeDigest: CODE_DIGEST
    },
    ...interfaceOf(),
    accounts: Object.fromEntries(
      Object.entries(KEYS).map(([name, privateKey]) => [name, { address: addressOf(privateKey), privateKey }])
    ),
    documents: [...names, 'third version, a revert'].map((name) => {
      const digest = digestOf(name)
      return { name, digest, cid: concat(['0x0180041220', digest]), leaf: leafOf(digest) }
    }),
    refs: ['edge-computing', 'backend-trends'].map((slug) => ({ slug, ref: refOf(slug) })),
    edition: {
      digests: [second, other],
      leaves: [second, other].map(leafOf),
      tree: tree.root,
      key,
      proofs: [0, 1].map((i) => [...tree.proof(i), leafOf(edition)])
    },
    typedData: {
      domain: domain(),
      publish,
      document: await signed('Document', { publisher: P, digest: first }, KEYS.publisher)
    },
    slots,
    steps: [
      {
        ...transaction(P, START, call('publish', [P, trend, first, NONE, NONE])),
        ...emitting(['Published', P, trend, first, NONE]),
        storage: [write('firstRecord', recordWord(START, 0, P)), write('trendHead', first)]
      },
      {
        ...transaction(P, START + 60, call('setEditor', [E, START + 86_400])),
        ...emitting(['EditorSet', P, E, START + 86_400]),
        storage: [write('until', wordOf(START + 86_400))]
      },
      {
        ...transaction(E, START + 120, call('point', [P, trend, second, first])),
        ...emitting(['Pointed', P, trend, second]),
        storage: [write('trendHead', second)]
      },
      {
        ...transaction(R, START + 180, call('publishFor', [...relayed, publish.signature])),
        ...emitting(['Published', P, series, edition, tree.root]),
        storage: [write('editionRecord', recordWord(START + 180, 0, E)), write('seriesHead', edition)]
      },
      {
        ...transaction(P, START + 240, call('multicall', [withdrawal.map(({ data }) => data)])),
        calls: withdrawal,
        answer: contract.encodeFunctionResult('multicall', [['0x', '0x']]),
        ...emitting(['Pointed', P, leafOf(second), notice], ['Retracted', P, leafOf(second)]),
        storage: [write('noticeHead', notice), write('secondRecord', recordWord(0, START + 240, NOBODY))]
      },
      {
        ...transaction(P, START + 300, call('setEditor', [E, START + 150])),
        ...emitting(['EditorSet', P, E, START + 150]),
        storage: [write('until', wordOf(START + 150))]
      }
    ],
    reads: [
      read(1, 'leafOf', [first], [leafOf(first)]),
      read(1, 'verify', [P, first, []], [START, 0, P]),
      read(1, 'records', [P, leafOf(first)], [START, 0, P]),
      read(1, 'heads', [P, trend], [first]),
      read(2, 'editors', [P, E], [START + 86_400]),
      read(4, 'verify', [P, edition, [tree.root]], [START + 180, 0, E]),
      read(4, 'verify', [P, second, []], [0, 0, NOBODY]),
      read(4, 'verify', [R, first, []], [0, 0, NOBODY]),
      read(4, 'verify', [P, second, [...tree.proof(0), leafOf(edition)]], [START + 180, 0, E]),
      read(5, 'verify', [P, other, [...tree.proof(1), leafOf(edition)]], [START + 180, 0, E]),
      read(5, 'verify', [P, second, [...tree.proof(0), leafOf(edition)]], [START + 180, START + 240, E]),
      read(6, 'verify', [P, other, [...tree.proof(1), leafOf(edition)]], [START + 180, START + 180, E])
    ],
    refusals: [
      refusal(R, call('publish', [P, NONE, third, NONE, NONE]), 'NotEditor', [P, R]),
      refusal(P, call('publish', [P, NONE, first, NONE, NONE]), 'AlreadyRecorded', [leafOf(first)]),
      refusal(P, call('publish', [P, NONE, second, NONE, NONE]), 'AlreadyRecorded', [leafOf(second)]),
      refusal(P, call('retract', [leafOf(second)]), 'AlreadyRetracted', [leafOf(second)]),
      refusal(P, call('point', [P, trend, third, first]), 'StaleParent', [trend, second]),
      refusal(R, call('publishFor', [...relayed.with(5, START), publish.signature]), 'Expired', [START]),
      refusal(R, call('publishFor', [...relayed.with(1, trend), publish.signature]), 'BadSignature', [E]),
      refusal(P, call('point', [P, NONE, third, NONE]), 'ZeroRef', [third]),
      refusal(P, call('publish', [P, trend, NONE, second, NONE]), 'ZeroDigest', [trend]),
      refusal(E, call('point', [P, trend, NONE, second]), 'ZeroDigest', [trend])
    ]
  }
}

/** Every function, event and error by its signature. */
function interfaceOf(): Readonly<Record<string, readonly unknown[]>> {
  const functions: unknown[] = []
  const events: unknown[] = []
  const errors: unknown[] = []
  contract.forEachFunction((one) => functions.push({ signature: one.format('sighash'), selector: one.selector }))
  contract.forEachEvent((one) => events.push({ ...spelled(one), topic: one.topicHash }))
  contract.forEachError((one) => errors.push({ ...spelled(one), selector: one.selector }))
  return { functions, events, errors }
}

/** As it is hashed, and as it is declared, with the names of its arguments. */
function spelled(one: EventFragment | ErrorFragment): { readonly signature: string; readonly declaration: string } {
  return { signature: one.format('sighash'), declaration: one.format('full').replace(/^\w+ /, '') }
}

interface Call {
  readonly verb: string
  readonly args: readonly unknown[]
  readonly data: string
}

const call = (verb: string, args: readonly unknown[]): Call => ({
  verb,
  args,
  data: contract.encodeFunctionData(verb, args)
})

const transaction = (from: string, time: number, { verb, args, data }: Call): Readonly<Record<string, unknown>> => ({
  from,
  time,
  verb,
  args,
  data,
  answer: '0x'
})

/** A question to the state after so many transactions. */
function read(after: number, verb: string, args: readonly unknown[], answer: readonly unknown[]): unknown {
  const types = contract.getFunction(verb)!.outputs.map(({ type }) => type)
  return { after, ...call(verb, args), types, values: answer, answer: contract.encodeFunctionResult(verb, answer) }
}

/** A call that changes nothing after all transactions, and the data it reverts with. */
function refusal(from: string, refused: Call, error: string, args: readonly unknown[]): unknown {
  return { error, values: args, from, ...refused, answer: contract.encodeErrorResult(error, args) }
}

/** What a transaction emits, spelled out and as the chain keeps it. */
function emitting(
  ...events: readonly (readonly [string, ...(readonly unknown[])])[]
): Readonly<Record<string, unknown>> {
  const emits = events.map(([event, ...args]) => {
    const { inputs } = contract.getEvent(event)!
    const [indexed, values] = [true, false].map((wanted) =>
      args.filter((_, i) => (inputs[i]!.indexed ?? false) === wanted)
    )
    return { event, indexed, values }
  })
  return { emits, logs: events.map(([event, ...args]) => contract.encodeEventLog(event, args)) }
}

const MAPPINGS = { records: 0, heads: 1, editors: 2 }

/** Where the word of `mapping[outer][inner]` is, with the place of `mapping[outer]` on the way there. */
function slotOf(
  mapping: keyof typeof MAPPINGS,
  outer: string,
  inner: string
): { readonly mapping: string; readonly keys: readonly string[]; readonly inside: string; readonly slot: string } {
  const inside = keccak256(coder.encode(['address', 'uint256'], [outer, MAPPINGS[mapping]]))
  const type = mapping === 'editors' ? 'address' : 'bytes32'
  const slot = keccak256(coder.encode([type, 'bytes32'], [inner, inside]))
  return { mapping, keys: [outer, inner], inside, slot }
}

function recordWord(publishedAt: number, retractedAt: number, editor: string): string {
  return wordOf(BigInt(publishedAt) | (BigInt(retractedAt) << 40n) | (BigInt(editor) << 80n))
}

function wordOf(value: number | bigint): string {
  return coder.encode(['uint256'], [value])
}

function domain(): Readonly<Record<string, unknown>> {
  const type = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
  const [typeHash, nameHash, versionHash] = [type, DOMAIN.name, DOMAIN.version].map((text) =>
    keccak256(toUtf8Bytes(text))
  )
  const encoded = coder.encode(
    ['bytes32', 'bytes32', 'bytes32', 'uint256', 'address'],
    [typeHash, nameHash, versionHash, CHAIN_ID, ADDRESS]
  )
  return { ...DOMAIN, type, typeHash, encoded, separator: TypedDataEncoder.hashDomain(DOMAIN) }
}

async function signed(
  name: keyof typeof TYPES,
  message: Readonly<Record<string, unknown>>,
  key: string
): Promise<Readonly<Record<string, unknown>> & { readonly signature: string }> {
  const types = { [name]: TYPES[name] }
  const encoder = TypedDataEncoder.from(types)
  const type = encoder.encodeType(name)
  return {
    signer: addressOf(key),
    type,
    typeHash: keccak256(toUtf8Bytes(type)),
    message,
    encoded: encoder.encodeData(name, message),
    structHash: encoder.hash(message),
    signedDigest: TypedDataEncoder.hash(DOMAIN, types, message),
    signature: await new Wallet(key).signTypedData(DOMAIN, types, message)
  }
}
