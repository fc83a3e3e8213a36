import type { Bytes32 } from '../block/cid.ts'
import type { Address } from '../document/publisher.ts'
import type { Signature } from './registry.ts'

/** What an account says of a signature, and after what. */
export interface WalletAnswer {
  /** Whether it has code; without any its key alone speaks for it. */
  readonly hasCode: boolean
  /** Whether its code says yes (ERC-1271). */
  readonly saysYes: boolean
  /** The same after the call that a signature brings along, which makes the account where there is none yet (ERC-6492). */
  readonly hasCodeThen: boolean
  readonly saysYesThen: boolean
}

/** A signature of an account that may not be there yet: what makes it, and what it is then asked about (ERC-6492). */
export interface Wrapped {
  readonly factory: Address
  readonly preparation: string
  readonly signature: Signature
}

/** With more, the question would not fit into the code of a call without a recipient (EIP-3860). In bytes. */
export const LONGEST_SIGNATURE = 32_768

const MARK = '6492'.repeat(16)

/** Whether a signature says of itself that it is wrapped as ERC-6492 has it. */
export const isWrapped = (signature: Signature): boolean => signature.toLowerCase().endsWith(MARK)

/** Takes a wrapped signature apart: `abi.encode(address, bytes, bytes)` and the mark. `undefined` where it is malformed. */
export function unwrap(signature: Signature): Wrapped | undefined {
  const body = signature.slice(2, -MARK.length).toLowerCase()
  const at = (offset: number): string => body.slice(2 * offset, 2 * offset + 64)
  const numberAt = (offset: number): number => {
    const word = at(offset)
    return /^0{56}[0-9a-f]{8}$/.test(word) ? Number.parseInt(word, 16) : Number.NaN
  }
  const bytesAt = (offset: number): string | undefined => {
    const start = numberAt(offset)
    const end = start + 32 + numberAt(start)
    return 2 * end <= body.length ? `0x${body.slice(2 * start + 64, 2 * end)}` : undefined
  }
  const [, factory] = /^0{24}([0-9a-f]{40})$/.exec(at(0)) ?? []
  const [preparation, inner] = [bytesAt(32), bytesAt(64)]
  if (factory === undefined || preparation === undefined || inner === undefined) return undefined
  return { factory: `0x${factory}`, preparation, signature: inner as Signature }
}

/** `isValidSignature(bytes32,bytes)`, which is also the answer that means yes. */
const MAGIC = '1626ba7e'

/**
 * Code that asks an account about a signature, makes the call that a wrapped one brings along, asks again, and answers
 * with one word. However the account's code behaves – reverts, spends all gas it is given, answers at length – the word
 * comes all the same, so that what fails is the node and nobody else. As the registry does, the first word of the answer
 * alone is looked at, and all of it. Zeros by PUSH1, as chains before Shanghai have no PUSH0.
 */
export function walletQuery(account: Address, digest: Bytes32, signature: Signature, wrapped?: Wrapped): string {
  const asked = callOf(digest, wrapped?.signature ?? signature)
  const made = wrapped?.preparation.slice(2) ?? ''
  const [askedLength, madeLength] = [asked.length / 2, made.length / 2]
  const { factory = account } = wrapped ?? {}
  const code = (length: number): string =>
    [
      copy(length, askedLength, DATA),
      ask(account, askedLength),
      hasCode(account),
      // Without a preparation nothing is called, and asking again would only say the same.
      ...(wrapped === undefined
        ? [push(0, 1), push(0, 1)]
        : [
            copy(length + askedLength, madeLength, DATA),
            call(factory, madeLength),
            copy(length, askedLength, DATA),
            ask(account, askedLength),
            hasCode(account)
          ]),
      // hasCodeThen · 8 + saysYesThen · 4 + hasCode · 2 + saysYes
      ...[push(2, 1), OP.mul, OP.add, push(2, 1), OP.mul, OP.add, push(2, 1), OP.mul, OP.add],
      ...[push(0, 1), OP.mstore, push(32, 1), push(0, 1), OP.return]
    ].join('')
  // Every number in it is pushed in as many bytes, so its length does not depend on them.
  const length = code(0).length / 2
  return `0x${code(length)}${asked}${made}`
}

/** Reads what {@link walletQuery} answers; `undefined` where it is no such answer. */
export function readWalletAnswer(answer: string): WalletAnswer | undefined {
  const [, digit] = /^0x0{63}([0-9a-f])$/i.exec(answer) ?? []
  if (digit === undefined) return undefined
  const bits = Number.parseInt(digit, 16)
  const [saysYes, hasCode, saysYesThen, hasCodeThen] = [1, 2, 4, 8].map((bit) => (bits & bit) !== 0) as [
    boolean,
    boolean,
    boolean,
    boolean
  ]
  return { hasCode, saysYes: saysYes && hasCode, hasCodeThen, saysYesThen: saysYesThen && hasCodeThen }
}

const OP = {
  add: '01',
  mul: '02',
  eq: '14',
  isZero: '15',
  gt: '11',
  and: '16',
  codeCopy: '39',
  extCodeSize: '3b',
  returnDataSize: '3d',
  pop: '50',
  mload: '51',
  mstore: '52',
  gas: '5a',
  call: 'f1',
  return: 'f3',
  staticCall: 'fa'
} as const

const push = (value: number | bigint, bytes: number): string =>
  (0x5f + bytes).toString(16) + value.toString(16).padStart(2 * bytes, '0')
const pushAddress = (address: Address): string => `73${address.slice(2)}`

/** Where what is sent lies in memory; before it is one word for the answer. */
const DATA = 32

const copy = (from: number, length: number, to: number): string =>
  push(length, 3) + push(from, 3) + push(to, 1) + OP.codeCopy

/**
 * Leaves 1 on the stack where the account answers with at least a word, and the first one is the magic and zeros. An
 * answer of a word or more overwrites what was answered before.
 */
const ask = (account: Address, length: number): string =>
  [
    ...[push(32, 1), push(0, 1), push(length, 3), push(DATA, 1), pushAddress(account), OP.gas, OP.staticCall],
    ...[push(31, 1), OP.returnDataSize, OP.gt, OP.and],
    ...[`7f${MAGIC}${'0'.repeat(56)}`, push(0, 1), OP.mload, OP.eq, OP.and]
  ].join('')

const call = (to: Address, length: number): string =>
  [
    ...[push(0, 1), push(0, 1), push(length, 3), push(DATA, 1), push(0, 1), pushAddress(to), OP.gas, OP.call, OP.pop]
  ].join('')

const hasCode = (account: Address): string => pushAddress(account) + OP.extCodeSize + OP.isZero + OP.isZero

/** `isValidSignature(digest, signature)` as the ABI has it. */
function callOf(digest: Bytes32, signature: Signature): string {
  const bytes = signature.slice(2)
  const padding = '0'.repeat((64 - (bytes.length % 64)) % 64)
  const word = (value: number): string => value.toString(16).padStart(64, '0')
  return [MAGIC, digest.slice(2), word(64), word(bytes.length / 2), bytes, padding].join('')
}
