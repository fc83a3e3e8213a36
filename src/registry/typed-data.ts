import type { Bytes32 } from '../block/cid.ts'
import { type Address, type Chain, chainIdOf } from '../document/publisher.ts'
import { fromHex, keccak256, toBytes32 } from './keccak.ts'
import type { PublishMessage } from './registry.ts'

/** What a signature is bound to besides its message (EIP-712): one registry on one chain. */
export interface TypedDataDomain {
  readonly name: string
  readonly version: string
  readonly chainId: bigint
  readonly verifyingContract: Address
}

interface Field {
  readonly name: string
  readonly type: 'address' | 'bytes32' | 'uint256' | 'string'
}

/** The fields of the domain, in the order in which they are hashed. */
export const DOMAIN_FIELDS = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' }
] as const satisfies readonly Field[]

/** The types of a message to publish, as `signTypedData` of wallets and libraries takes them. */
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
} as const satisfies Readonly<Record<string, readonly Field[]>>

/** The domain of the registry at an address of a chain. */
export const domainOf = (chain: Chain, registry: Address): TypedDataDomain => ({
  name: 'TrendRegistry',
  version: '1',
  chainId: chainIdOf(chain),
  verifyingContract: registry
})

const encoder = new TextEncoder()

/**
 * The 32 bytes that are signed for a message: keccak256(1901 ‖ domain separator ‖ struct hash) of EIP-712.
 * @throws RangeError when the deadline is not a uint256
 */
export function digestOf(domain: TypedDataDomain, message: PublishMessage): Bytes32 {
  const separator = hashStruct('EIP712Domain', DOMAIN_FIELDS, domain)
  return toBytes32(
    keccak256(concat([Uint8Array.of(0x19, 0x01), separator, hashStruct('Publish', PUBLISH_TYPES.Publish, message)]))
  )
}

function hashStruct<Fields extends readonly Field[]>(
  name: string,
  fields: Fields,
  value: { readonly [Name in Fields[number]['name']]: string | bigint }
): Uint8Array {
  const type = `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`
  const values: Readonly<Record<string, string | bigint>> = value
  return keccak256(
    concat([keccak256(encoder.encode(type)), ...fields.map((field) => word(field, values[field.name]!))])
  )
}

/** A field as EIP-712 encodes it: 32 bytes, a string by its digest. */
function word({ name, type }: Field, value: string | bigint): Uint8Array {
  if (type === 'string') return keccak256(encoder.encode(String(value)))
  const digits = typeof value === 'bigint' ? value.toString(16) : value.slice(2)
  if (digits.length > 64 || digits.startsWith('-')) throw new RangeError(`${name} does not fit 32 bytes`)
  return fromHex(`0x${digits.padStart(64, '0')}`)
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  parts.reduce((at, part) => {
    bytes.set(part, at)
    return at + part.length
  }, 0)
  return bytes
}
