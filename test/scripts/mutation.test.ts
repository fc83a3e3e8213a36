import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { astsOf, type CompilerInput, codeOf } from '../../scripts/mutation/compiler.ts'
import { type Mutant, mutantsOf } from '../../scripts/mutation/mutants.ts'
import { judgeAll } from '../../scripts/mutation/pool.ts'
import { reportOf, summaryOf } from '../../scripts/mutation/report.ts'
import { scoreOf, verdictsOf } from '../../scripts/mutation/verdicts.ts'

const SETTINGS = { optimizer: { enabled: true, runs: 200 }, evmVersion: 'osaka', metadata: { bytecodeHash: 'none' } }
const inputOf = (content: string): CompilerInput & { readonly language: 'Solidity' } => {
  return { language: 'Solidity', sources: { 'Box.sol': { content } }, settings: SETTINGS }
}
const mutate = (content: string): readonly Mutant[] => mutantsOf(content, astsOf(inputOf(content)).get('Box.sol')!)

/** What an operator makes of a function, without its mutants that are another operator's too. */
function afters(operator: string, body: string): readonly string[] {
  const source = `pragma solidity ^0.8.28;
    struct Pair { uint40 first; uint40 second; address by; }
    library Sums {
      function sum(uint256 a, uint256 b) internal pure returns (uint256) { return a + b; }
      function most(uint256 a, uint256 b) internal pure returns (uint256) { return a > b ? a : b; }
      function half(uint256 a) internal pure returns (uint256) { return a / 2; }
    }
    contract Box {
      mapping(address => mapping(address => uint256)) public ways;
      mapping(address => uint256) public value;
      event Put(uint256 a, uint256 b, address by);
      error Low(uint256 a, uint256 b);
      function f(uint256 a, uint256 b, bytes32 key, address who) external { ${body} }
    }`
  const made = mutate(source).filter((mutant) => mutant.operator === operator && mutant.within === 'f')
  return made.map(({ after }) => after)
}

describe('the mistakes that are made', () => {
  test.each([
    ['statement removed', 'value[who] = a;', ['{}']],
    ['statement removed', 'if (a > b) revert Low(a, b);', ['{}', '{}']],
    ['statement removed', 'emit Put(1, 2, who);', ['{}']],
    ['statement removed', 'assembly { mstore(a, b) }', ['{}']],
    [
      'condition turned or dropped',
      'if (a > b) revert Low(a, b);',
      ['if (!(a > b)) revert Low(a, b)', 'if (true) revert Low(a, b)']
    ],
    ['another comparison', 'require(a > b);', ['require(a >= b)', 'require(a != b)', 'require(a <= b)']],
    ['another comparison', 'require(a != 0);', ['require(a == 0)', 'require(a < 0)']],
    [
      'another comparison',
      'require(int256(a) != 0);',
      ['require(int256(a) == 0)', 'require(int256(a) < 0)', 'require(int256(a) > 0)']
    ],
    ['another arithmetic', 'value[who] = a | b;', ['value[who] = a & b', 'value[who] = a ^ b']],
    ['another connective', 'require(a > 1 && b > 1);', ['require(a > 1 || b > 1)', 'require(a > 1)', 'require(b > 1)']],
    ['value zeroed', 'bytes32 other = key; value[who] = a;', ['bytes32 other = bytes32(0)', 'value[who] = 0']],
    ['value zeroed', '(a, who) = (b, msg.sender);', ['(a, who) = (0, msg.sender)', '(a, who) = (b, address(0))']],
    ['arguments swapped', 'emit Put(a, b, who);', ['emit Put(b, a, who)']],
    ['arguments swapped', 'revert Low(a, b);', ['revert Low(b, a)']],
    ['arguments swapped', 'assembly { mstore(0x20, a) }', ['mstore(a, 0x20)']],
    ['keys swapped', 'ways[who][msg.sender] = a;', ['ways[msg.sender][who] = a']],
    ['another name', 'value[who] = a;', ['value[msg.sender] = a', 'value[who] = b']],
    ['another name', 'value[msg.sender] = 1;', ['value[who] = 1']],
    ['another name', 'a = 1; (b, who) = (1, who);', ['(b, who) = (1, msg.sender)']],
    ['another member', 'Pair memory p; value[who] = p.first;', ['value[who] = p.second']],
    ['another question', 'value[who] = block.timestamp;', ['value[who] = block.number']],
    [
      'another question',
      'value[address(this)] = block.chainid;',
      ['value[address(0)] = block.chainid', 'value[address(this)] = 1', 'value[address(this)] = 31337']
    ],
    ['another literal', 'value[who] = 7;', ['value[who] = 6', 'value[who] = 8']],
    ['another literal', 'bytes3 x = 0x00ff00; x;', ['bytes3 x = 0x00feff', 'bytes3 x = 0x00ff01']],
    ['another literal', 'bytes memory x = "word"; x;', ['bytes memory x = "wor"']],
    ['another literal', 'bytes memory x = hex"1901"; x;', ['bytes memory x = hex"19"']],
    [
      'another literal',
      'assembly { mstore(0x05, 1) }',
      ['mstore(0x04, 1)', 'mstore(0x06, 1)', 'mstore(0x05, 0)', 'mstore(0x05, 2)']
    ],
    ['narrower type', 'value[who] = uint40(a);', ['value[who] = uint32(a)']],
    ['call dropped', 'value[who] = Sums.half(a);', ['value[who] = a']],
    ['another function', 'value[who] = Sums.sum(a, 1);', ['value[who] = Sums.most(a, 1)']]
  ])('%s: %s', (operator, body, expected) => {
    expect(afters(operator, body).toSorted()).toEqual(expected.toSorted())
  })

  test('storage order: every two state variables, but no constants', () => {
    const made = mutate('contract Box { uint256 constant A = 1; uint256 a; address b; bytes32 c; }')
    expect(made.filter(({ operator }) => operator === 'storage order')).toHaveLength(3)
  })

  test('are counted in bytes, so that they land where they belong behind other scripts', () => {
    const [only] = mutate('// ‖ – §\ncontract Box { function f() external { /* ‖ */ delete g; } uint256 g; }')
    expect(only).toMatchObject({ line: 2, within: 'f', before: 'delete g', after: '{}' })
    expect(only?.source).toBe('// ‖ – §\ncontract Box { function f() external { /* ‖ */ {} } uint256 g; }')
  })

  test('never make one source twice, nor the source itself', () => {
    const source = 'contract Box { uint256 a; function f(uint256 x) external { if (x != 0) a = x; } }'
    const sources = mutate(source).map((mutant) => mutant.source)
    expect(new Set(sources).size).toBe(sources.length)
    expect(sources).not.toContain(source)
  })
})

describe('what becomes of them', () => {
  const mutant = (after: string): Mutant => {
    return { operator: 'another name', within: 'put', before: 'a', after, line: 1, source: after }
  }
  const accepted = [{ operator: 'another name', within: 'put', before: 'a', after: 'e', reason: 'It is the same.' }]
  const judgements = [
    { code: undefined, killer: undefined },
    { code: '0x00', killer: undefined },
    { code: '0x01', killer: 'test' },
    { code: '0x01', killer: 'test' },
    { code: '0x02', killer: undefined },
    { code: '0x03', killer: undefined }
  ]
  const verdicts = verdictsOf(['a', 'b', 'c', 'd', 'e', 'f'].map(mutant), judgements, { original: '0x00', accepted })

  test('only those count that are other code than the contract and than each other', () => {
    expect(verdicts.refused.map(({ after }) => after)).toEqual(['a'])
    expect(verdicts.same.map(({ after }) => after)).toEqual(['b'])
    expect(verdicts.killed.map(({ after }) => after)).toEqual(['c'])
    expect(verdicts.repeated.map(({ after }) => after)).toEqual(['d'])
    expect(scoreOf(verdicts)).toBeCloseTo(1 / 3)
  })

  test('a survivor has the reason that was given for it, or none', () => {
    expect(verdicts.survivors.map(({ after, reason }) => [after, reason])).toEqual([
      ['e', 'It is the same.'],
      ['f', undefined]
    ])
    expect(verdicts.stale).toEqual([])
    expect(summaryOf(verdicts)).toContain('no reason is given')
    expect(reportOf(verdicts)).toContain('1 of 3 killed, 33.3 %')
  })

  test('a reason for what does not survive is stale', () => {
    const { stale } = verdictsOf([mutant('e')], [{ code: '0x02', killer: 'test' }], { original: '0x00', accepted })
    expect(stale).toEqual(accepted)
  })
})

describe('judging', () => {
  const BOX = `pragma solidity ^0.8.28;
    contract Box {
      uint256 public value;
      event Put(uint256 value);
      function put(uint256 given) external {
        if (given < 10) revert();
        value = given;
        emit Put(given);
      }
    }`
  /** Knows nothing of the event, and nothing of the bound but that 0 is below it. */
  const TEST = `pragma solidity ^0.8.28;
    interface Vm { function getCode(string calldata) external view returns (bytes memory); }
    interface IBox { function put(uint256 given) external; function value() external view returns (uint256); }
    contract BoxTest {
      IBox box;
      function setUp() public {
        bytes memory code = Vm(address(uint160(uint256(keccak256("hevm cheat code"))))).getCode("Box.sol:Box");
        address at_;
        assembly { at_ := create(0, add(code, 0x20), mload(code)) }
        box = IBox(at_);
      }
      function test_Keeps() public { box.put(12); require(box.value() == 12); }
      function test_Refuses() public { try box.put(0) { revert(); } catch {} }
    }`
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trend-archive-mutation-'))
  })
  afterAll(async () => await rm(folder, { recursive: true, force: true }))

  test('finds what the tests hold, and what they do not', async () => {
    const artifacts = await Promise.all([compile('Box', BOX), compile('BoxTest', TEST)])
    const setting = { input: inputOf(BOX), source: 'Box.sol', contract: 'Box', artifacts }
    const mutants = [...mutate(BOX), { ...mutate(BOX)[0]!, after: 'nonsense', source: 'contract Box {' }]
    const sources = mutants.map(({ source }) => source)
    const judgements = await judgeAll(setting, [BOX, ...sources], { workers: 2 })
    expect(judgements[0]).toEqual({ code: codeOf(inputOf(BOX), 'Box.sol', 'Box', BOX), killer: undefined })

    const verdicts = verdictsOf(mutants, judgements.slice(1), { original: judgements[0]!.code!, accepted: [] })
    expect(verdicts.refused.map(({ after }) => after)).toEqual(['nonsense'])
    expect(verdicts.killed.map(({ after }) => after)).toContain('value = 0')
    expect(verdicts.survivors.map(({ before, after }) => `${before} → ${after}`)).toEqual(
      expect.arrayContaining(['emit Put(given) → {}', 'if (given < 10) revert() → if (given <= 10) revert()'])
    )
  }, 60_000)

  test('ends with the error of a worker that could not judge', async () => {
    const setting = { input: inputOf(BOX), source: 'Box.sol', contract: 'Box', artifacts: [join(folder, 'none.json')] }
    await expect(judgeAll(setting, [BOX], { workers: 1 })).rejects.toThrow('a worker ended with code 1')
  }, 60_000)

  /** An artifact as Hardhat keeps it. */
  async function compile(name: string, content: string): Promise<string> {
    const source = `${name}.sol`
    const solc: { compile(input: string): string } = createRequire(import.meta.url)('solc')
    const outputSelection = { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } }
    const input = {
      language: 'Solidity',
      sources: { [source]: { content } },
      settings: { ...SETTINGS, outputSelection }
    }
    const { abi, evm } = JSON.parse(solc.compile(JSON.stringify(input))).contracts[source][name]
    const file = join(folder, `${name}.json`)
    const names = { contractName: name, sourceName: source, inputSourceName: source, buildInfoId: 'solc-0_8_37-00' }
    const code = { bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` }
    await writeFile(file, JSON.stringify({ ...names, abi, ...code }))
    return file
  }
})
