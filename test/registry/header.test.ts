import { describe, expect, test } from 'vitest'
import { BadProof } from '../../src/registry/bad-proof.ts'
import { readHeader } from '../../src/registry/header.ts'
import { headerFromJson } from '../../src/registry/json-header.ts'
import { keccak256, toBytes32 as toHex } from '../../src/registry/keccak.ts'
import { decodeRlp, encodeRlp, type Rlp } from '../../src/registry/rlp.ts'
import vectors from '../vectors/state.json' with { type: 'json' }

const ZERO = `0x${'0'.repeat(64)}`
/** What every client of Ethereum has for its first block. */
const GENESIS = {
  name: 'mainnet, block 0',
  hash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
  json: {
    parentHash: ZERO,
    sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
    miner: `0x${'0'.repeat(40)}`,
    stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
    transactionsRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    receiptsRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    logsBloom: `0x${'0'.repeat(512)}`,
    difficulty: '0x400000000',
    number: '0x0',
    gasLimit: '0x1388',
    gasUsed: '0x0',
    timestamp: '0x0',
    extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
    mixHash: ZERO,
    nonce: '0x0000000000000042'
  }
}

const known = [...vectors.headers, ...vectors.states.map(({ name, header }) => ({ name, ...header }))]
const rlpOf = (json: object): Uint8Array => headerFromJson(json)!
const fieldsOf = (json: object): readonly Rlp[] => decodeRlp(rlpOf(json)) as readonly Rlp[]
const without = (json: object, name: string): object => ({ ...json, [name]: undefined })

describe('a header', () => {
  test.each([GENESIS, ...known])('is put together from what a node tells: $name', ({ hash, json }) => {
    const header = readHeader(rlpOf(json))
    expect(header).toEqual({
      hash,
      number: BigInt(json.number),
      timestamp: Number(json.timestamp),
      stateRoot: json.stateRoot
    })
  })

  test.each(known)('is the bytes that were recorded: $name', ({ rlp, json }) => {
    expect(toHex(rlpOf(json))).toBe(rlp)
  })

  test('has another hash or is none with any bit flipped', () => {
    const { hash, json } = known.at(-1)!
    const header = rlpOf(json)
    for (let bit = 0; bit < 8 * header.length; bit++) {
      const bent = Uint8Array.from(header)
      bent[bit >> 3]! ^= 1 << (bit & 7)
      let read: string | undefined
      try {
        read = readHeader(bent).hash
      } catch (error) {
        if (!(error instanceof BadProof)) throw error
      }
      if (read === hash) expect.fail(`bit ${bit}`)
    }
  })

  test('may have fields at its end that nobody knows here', () => {
    const fields = fieldsOf(GENESIS.json)
    for (const more of [[new Uint8Array(32)], [Uint8Array.of(7), [[], Uint8Array.of(1)]]]) {
      const longer = encodeRlp([...fields, ...more])
      expect(readHeader(longer)).toMatchObject({ hash: toHex(keccak256(longer)), number: 0n })
    }
  })

  const number = (at: number, value: Uint8Array): Rlp =>
    fieldsOf(GENESIS.json).map((field, i) => (i === at ? value : field))
  test.each<readonly [string, Rlp]>([
    ['too few fields', fieldsOf(GENESIS.json).slice(0, 14)],
    ['no fields', []],
    ['bytes in place of fields', new Uint8Array(600)],
    ['a state root of 31 bytes', number(3, new Uint8Array(31))],
    ['a bloom filter of 255 bytes', number(6, new Uint8Array(255))],
    ['a list in place of a root', fieldsOf(GENESIS.json).map((field, i) => (i === 3 ? [] : field))],
    ['a list in place of its number', fieldsOf(GENESIS.json).map((field, i) => (i === 8 ? [] : field))],
    ['zeros before its number', number(8, Uint8Array.of(0, 1))],
    ['a number of 72 bits', number(8, new Uint8Array(9).fill(1))],
    ['a time beyond all time', number(11, new Uint8Array(8).fill(255))]
  ])('has not %s', (_, fields) => {
    expect(() => readHeader(encodeRlp(fields))).toThrow(BadProof)
  })
})

describe('what a node tells', () => {
  test.each(Object.keys(GENESIS.json))('is no header without %s', (name) => {
    expect(headerFromJson(without(GENESIS.json, name))).toBeUndefined()
  })

  test.each<readonly [string, unknown]>([
    ['parentHash', 'text'],
    ['parentHash', 7],
    ['stateRoot', '0x123'],
    ['stateRoot', '0xzz'],
    ['logsBloom', ['0x00']],
    ['extraData', `0x${'00'.repeat(8 << 20)}`],
    ['number', '0x00'],
    ['number', 7],
    ['timestamp', '0x'],
    ['gasUsed', '-0x1'],
    ['difficulty', `0x1${'0'.repeat(64)}`],
    ['baseFeePerGas', '0x01'],
    ['baseFeePerGas', {}],
    ['requestsHash', 'none']
  ])('is no header with that for %s', (name, value) => {
    expect(headerFromJson({ ...GENESIS.json, [name]: value })).toBeUndefined()
  })

  test('has the fields of a fork where they are told', () => {
    const told = { ...GENESIS.json, baseFeePerGas: '0x7', withdrawalsRoot: null }
    expect(fieldsOf(told)).toHaveLength(16)
    expect(toHex(fieldsOf(told)[15] as Uint8Array)).toBe('0x07')
  })
})
