import { join } from '../block/bytes.ts'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, chainIdOf } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import { fromHex, keccak256, toBytes32 } from './keccak.ts'
import type { PublishMessage, Registry } from './registry.ts'

/** What a signature is bound to besides its message (EIP-712): one registry on one chain. */
export interface TypedDataDomain {
  readonly name: string
  readonly version: string
  readonly chainId: bigint
  readonly verifyingContract: Address
}

/** A member of a type, as EIP-712 spells it. */
export interface TypedDataField {
  readonly name: string
  readonly type: string
}

/** What `eth_signTypedData_v4` takes, as plain JSON: for a hardware wallet, a contract wallet, any wallet. */
export interface PublishTypedData {
  readonly types: Readonly<Record<string, readonly TypedDataField[]>>
  readonly primaryType: 'Publish'
  readonly domain: Omit<TypedDataDomain, 'chainId'> & { readonly chainId: number | string }
  readonly message: Omit<PublishMessage, 'deadline'> & { readonly deadline: string }
}

/** The same for a statement that a publisher stands by a document. */
export interface DocumentTypedData {
  readonly types: Readonly<Record<string, readonly TypedDataField[]>>
  readonly primaryType: 'Document'
  readonly domain: PublishTypedData['domain']
  readonly message: DocumentMessage
}

/** What a publisher signs to stand by a document without recording it. */
export interface DocumentMessage {
  readonly publisher: Address
  readonly digest: Bytes32
}

/** The types of a message to publish, as `signTypedData` of libraries takes them. */
export const PUBLISH_TYPES = {
  Publish: [
    { name: 'publisher', type: 'address' },
    { name: 'editor', type: 'address' },
    { name: 'ref', type: 'bytes32' },
    { name: 'digest', type: 'bytes32' },
    { name: 'parent', type: 'bytes32' },
    { name: 'tree', type: 'bytes32' },
    { name: 'deadline', type: 'uint256' }
  ]
} as const

/**
 * The types of a statement to stand by a document that is recorded nowhere. They differ from {@link PUBLISH_TYPES}, so
 * no such statement can be relayed as a publication.
 */
export const DOCUMENT_TYPES = {
  Document: [
    { name: 'publisher', type: 'address' },
    { name: 'digest', type: 'bytes32' }
  ]
} as const

const DOMAIN = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' }
] as const

/** Which registry, on which chain. */
export type Place = Pick<Registry, 'chain' | 'address'>

/** The domain of a registry. */
export const registryDomain = ({ chain, address }: Place): TypedDataDomain => ({
  name: 'TrendRegistry',
  version: '1',
  chainId: chainIdOf(chain),
  verifyingContract: address
})

/** A message to publish as a wallet is asked to sign it. */
export function typedDataOf(place: Place, message: PublishMessage): PublishTypedData {
  const { publisher, editor, ref, digest, parent, tree, deadline } = message
  return {
    types: { EIP712Domain: DOMAIN, ...PUBLISH_TYPES },
    primaryType: 'Publish',
    domain: jsonDomain(place),
    message: { publisher, editor, ref, digest, parent, tree, deadline: String(deadline) }
  }
}

/** A statement about a document as a wallet is asked to sign it. */
export const documentTypedDataOf = (place: Place, { publisher, digest }: DocumentMessage): DocumentTypedData => ({
  types: { EIP712Domain: DOMAIN, ...DOCUMENT_TYPES },
  primaryType: 'Document',
  domain: jsonDomain(place),
  message: { publisher, digest }
})

function jsonDomain(place: Place): PublishTypedData['domain'] {
  const { chainId, ...domain } = registryDomain(place)
  return { ...domain, chainId: chainId <= Number.MAX_SAFE_INTEGER ? Number(chainId) : String(chainId) }
}

/**
 * The 32 bytes that are signed for a message: keccak256(1901 ‖ domain separator ‖ struct hash) of EIP-712.
 * @throws INVALID_OPTION when a value of the message does not fit a word
 */
export function publishDigest(place: Place, message: PublishMessage): Bytes32 {
  return signedDigest(place, hashStruct('Publish', PUBLISH_TYPES.Publish, message))
}

/** The same of a statement about a document. @throws INVALID_OPTION when a value of it does not fit a word */
export const documentDigest = (place: Place, message: DocumentMessage): Bytes32 =>
  signedDigest(place, hashStruct('Document', DOCUMENT_TYPES.Document, message))

function signedDigest(place: Place, struct: Uint8Array): Bytes32 {
  const separator = hashStruct('EIP712Domain', DOMAIN, registryDomain(place))
  return toBytes32(keccak256(join([Uint8Array.of(0x19, 0x01), separator, struct])))
}

const encoder = new TextEncoder()
const WORD = /^[0-9a-f]{1,64}$/i

function hashStruct<Fields extends readonly TypedDataField[]>(
  name: string,
  fields: Fields,
  value: { readonly [Name in Fields[number]['name']]: string | bigint }
): Uint8Array {
  const type = `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`
  const values: Readonly<Record<string, string | bigint>> = value
  const words = fields.map((field) => word(field.type, values[field.name]!))
  return keccak256(join([keccak256(encoder.encode(type)), ...words]))
}

/** A member as EIP-712 encodes it: 32 bytes; a string by its digest. */
function word(type: string, value: string | bigint): Uint8Array {
  if (type === 'string') return keccak256(encoder.encode(String(value)))
  const digits = typeof value === 'bigint' ? value.toString(16) : value.slice(2)
  if (!WORD.test(digits)) {
    const rule = 'what is signed are words of 32 bytes'
    throw new ArchiveError('INVALID_OPTION', `${value}: ${rule}`, { option: 'message', rule })
  }
  return fromHex(`0x${digits.padStart(64, '0')}`)
}
