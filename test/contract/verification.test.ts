import { keccak256 } from 'ethers'
import solc from 'solc'
import { describe, expect, test } from 'vitest'
import input from '../../contracts/verification/TrendRegistry.json' with { type: 'json' }
import { slots } from '../../src/registry/abi.ts'
import { CODE_DIGEST, creationCode } from '../../src/registry/bytecode.ts'

interface Compiled {
  readonly evm: {
    readonly bytecode: { readonly object: string }
    readonly deployedBytecode: { readonly object: string }
  }
  readonly storageLayout: StorageLayout
}
interface StorageLayout {
  readonly storage: readonly Variable[]
  readonly types: Readonly<Record<string, { readonly label: string; readonly members?: readonly Variable[] }>>
}
interface Variable {
  readonly label: string
  readonly slot: string
  readonly offset: number
  readonly type: string
}

/** What the compiler of npm makes of an input: all it says of its one contract. */
function compile(text: string): Compiled {
  const { contracts, errors = [] } = JSON.parse(solc.compile(text))
  const broken = errors.filter(({ severity }: { readonly severity: string }) => severity === 'error')
  if (broken.length > 0) throw new Error(broken[0].formattedMessage)
  const [of] = Object.values(contracts)
  const [compiled] = Object.values(of as Readonly<Record<string, Compiled>>)
  return compiled!
}

const FILE = JSON.stringify(input)

describe('the input that explorers are given', () => {
  test('is compiled to the very code of the registry', () => {
    expect(solc.version()).toContain('0.8.37+commit.f401782d')
    const { evm } = compile(FILE)
    expect(`0x${evm.bytecode.object}`).toBe(creationCode)
    expect(keccak256(`0x${evm.deployedBytecode.object}`)).toBe(CODE_DIGEST)
  })

  test('has the sources of the registry and what they import, and no other', () => {
    const imported = Object.values(input.sources).flatMap(({ content }) =>
      [...content.matchAll(/^import .*?["'](?:.*\/)?([^/"']+)["'];/gm)].map(([, name]) => name!)
    )
    const names = Object.keys(input.sources).map((name) => name.split('/').at(-1)!)
    expect(new Set(names)).toEqual(new Set([...imported, 'TrendRegistry.sol']))
  })

  // With the digest of the sources in the code, each of these would move the registry to another address.
  test('gives the same code with other comments, another licence and in another folder', () => {
    const changes = [
      ['/// @title TrendRegistry', '/// @title The registry of trends'],
      ['SPDX-License-Identifier: MIT', 'SPDX-License-Identifier: ISC'],
      ['contracts/TrendRegistry.sol', 'src/v1/TrendRegistry.sol'],
      ['contracts/ITrendRegistry.sol', 'src/v1/ITrendRegistry.sol']
    ] as const
    for (const [from] of changes) expect(FILE).toContain(from)
    const changed = changes.reduce((text, [from, to]) => text.replaceAll(from, to), FILE)
    expect(`0x${compile(changed).evm.bytecode.object}`).toBe(creationCode)
  })
})

test('the compiler puts storage where the interface says', () => {
  const { storage, types } = compile(FILE.replaceAll(/"(?:evm\.[^"]+|metadata)",/g, '')).storageLayout
  const placed = (variables: readonly Variable[]) =>
    variables.map(({ label, slot, offset }) => [label, Number(slot), offset])
  expect(placed(storage)).toEqual([
    ['records', 0, 0],
    ['heads', 1, 0],
    ['editors', 2, 0]
  ])
  expect(slots).toEqual({ records: 0, heads: 1, editors: 2 })
  const record = Object.values(types).find(({ label }) => label === 'struct Record')
  expect(placed(record?.members ?? [])).toEqual([
    ['publishedAt', 0, 0],
    ['retractedAt', 0, 5],
    ['editor', 0, 10]
  ])
})
