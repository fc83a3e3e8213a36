import { describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { provenAccount, provenWord } from '../../src/registry/account-proof.ts'
import { BadProof } from '../../src/registry/bad-proof.ts'
import { fromHex, keccak256 } from '../../src/registry/keccak.ts'
import { encodeRlp, type Rlp } from '../../src/registry/rlp.ts'
import { nodesByHash } from '../../src/registry/trie.ts'
import { buildTrie } from './reference-trie.ts'

const ADDRESS = `0x${'7e'.repeat(20)}` as const
const SLOT: Bytes32 = `0x${'5e'.repeat(32)}`
const [STORAGE, CODE] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const
const [NOTHING, ONE] = [new Uint8Array(), Uint8Array.of(1)] as const

const accountIn = (value: Uint8Array) => {
  const { root, nodes } = buildTrie([[keccak256(fromHex(ADDRESS)), value]])
  return provenAccount(root, ADDRESS, nodesByHash(nodes))
}
const wordIn = (value: Uint8Array): bigint => {
  const { root, nodes } = buildTrie([[keccak256(fromHex(SLOT)), value]])
  return provenWord(root, SLOT, nodesByHash(nodes))
}

describe('an account', () => {
  const account = (fields: Rlp) => accountIn(encodeRlp(fields))

  test('has a storage root and the digest of its code', () => {
    expect(account([ONE, NOTHING, STORAGE, CODE])).toEqual({
      storageRoot: `0x${'01'.repeat(32)}`,
      codeHash: `0x${'02'.repeat(32)}`
    })
  })

  test.each<readonly [string, Rlp]>([
    ['three fields', [ONE, STORAGE, CODE]],
    ['five fields', [ONE, NOTHING, STORAGE, CODE, ONE]],
    ['bytes in place of fields', new Uint8Array(70)],
    ['a storage root of 31 bytes', [ONE, NOTHING, STORAGE.slice(1), CODE]],
    ['a digest of 33 bytes', [ONE, NOTHING, STORAGE, new Uint8Array(33)]],
    ['a list in place of a digest', [ONE, NOTHING, STORAGE, [CODE]]]
  ])('has not %s', (_, fields) => {
    expect(() => account(fields)).toThrow(BadProof)
  })

  test('has nothing behind its fields', () => {
    const value = Uint8Array.of(...encodeRlp([ONE, NOTHING, STORAGE, CODE]), 0)
    expect(() => accountIn(value)).toThrow(BadProof)
  })
})

describe('a word', () => {
  const word = (value: Rlp) => wordIn(encodeRlp(value))

  test('is the number that its bytes are, and zero where a chain keeps that', () => {
    expect(word(Uint8Array.of(1, 0))).toBe(256n)
    expect(word(new Uint8Array(32).fill(255))).toBe((1n << 256n) - 1n)
    expect(word(NOTHING)).toBe(0n)
  })

  test.each<readonly [string, Rlp]>([
    ['zeros before it', Uint8Array.of(0, 1)],
    ['one zero', Uint8Array.of(0)],
    ['33 bytes', new Uint8Array(33).fill(1)],
    ['a list', []]
  ])('has not %s', (_, value) => {
    expect(() => word(value)).toThrow(BadProof)
  })
})
