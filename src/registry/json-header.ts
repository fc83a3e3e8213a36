import { fromHex } from './keccak.ts'
import { isAmount } from './quantity.ts'
import { encodeRlp } from './rlp.ts'

/** The fields of a header by their names in JSON-RPC, in the order of its RLP: bytes, or numbers. */
const FIELDS: readonly (readonly [name: string, type: 'bytes' | 'number'])[] = [
  ['parentHash', 'bytes'],
  ['sha3Uncles', 'bytes'],
  ['miner', 'bytes'],
  ['stateRoot', 'bytes'],
  ['transactionsRoot', 'bytes'],
  ['receiptsRoot', 'bytes'],
  ['logsBloom', 'bytes'],
  ['difficulty', 'number'],
  ['number', 'number'],
  ['gasLimit', 'number'],
  ['gasUsed', 'number'],
  ['timestamp', 'number'],
  ['extraData', 'bytes'],
  ['mixHash', 'bytes'],
  ['nonce', 'bytes']
]

/** What forks added, in their order; a header has those of the forks before its block. */
const LATER_FIELDS: typeof FIELDS = [
  ['baseFeePerGas', 'number'], // London, EIP-1559
  ['withdrawalsRoot', 'bytes'], // Shanghai, EIP-4895; on OP chains the storage root of the message passer
  ['blobGasUsed', 'number'], // Cancun, EIP-4844
  ['excessBlobGas', 'number'],
  ['parentBeaconBlockRoot', 'bytes'], // EIP-4788
  ['requestsHash', 'bytes'], // Prague, EIP-7685
  ['blockAccessListHash', 'bytes'] // Amsterdam, EIP-7928
]

/** Longer than what any chain puts into a field. */
const MAX_HEX = 65_536
const BYTES = /^0x(?:[0-9a-f]{2})*$/i

/** The RLP of a header that a node told as JSON, or `undefined` where it lacks a field or has another shape. */
export function headerFromJson(block: object): Uint8Array | undefined {
  const told = block as Readonly<Record<string, unknown>>
  const present = LATER_FIELDS.filter(([name]) => told[name] !== undefined && told[name] !== null)
  const fields = [...FIELDS, ...present].map(([name, type]) => toField(told[name], type))
  return fields.every((field) => field !== undefined) ? encodeRlp(fields) : undefined
}

function toField(value: unknown, type: 'bytes' | 'number'): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length > MAX_HEX) return undefined
  if (type === 'bytes') return BYTES.test(value) ? fromHex(value) : undefined
  if (!isAmount(value)) return undefined
  const hex = value === '0x0' ? '' : value.slice(2)
  return fromHex(`0x${hex.length % 2 === 0 ? hex : `0${hex}`}`)
}
