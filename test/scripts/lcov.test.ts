import { describe, expect, test } from 'vitest'
import { gapsOf, parseLcov } from '../../scripts/lcov.ts'

/** As forge writes it: two files, and in the first a function, a line and two branches that nothing reached. */
const TRACE = `TN:
SF:contracts/Box.sol
DA:4,3
FN:4,Box.put
FNDA:3,Box.put
DA:5,3
BRDA:5,0,0,0
BRDA:6,1,0,2
DA:9,0
FN:9,Box.empty
FNDA:0,Box.empty
BRDA:10,2,0,-
BRDA:10,2,1,-
FNF:2
FNH:1
LF:3
LH:2
end_of_record
TN:
SF:contracts/Lid.sol
DA:1,1
end_of_record
`

describe('a trace of coverage', () => {
  test('is read file by file', () => {
    const files = parseLcov(TRACE)
    expect([...files.keys()]).toEqual(['contracts/Box.sol', 'contracts/Lid.sol'])
    const { lines, functions, branches } = files.get('contracts/Box.sol')!
    expect([...lines]).toEqual([
      [4, 3],
      [5, 3],
      [9, 0]
    ])
    expect(functions).toEqual([
      { name: 'Box.put', line: 4, hits: 3 },
      { name: 'Box.empty', line: 9, hits: 0 }
    ])
    expect(branches.map(({ hits }) => hits)).toEqual([0, 2, 0, 0])
  })

  test('tells every line, function and branch that was not reached', () => {
    const told = gapsOf('contracts/Box.sol', parseLcov(TRACE).get('contracts/Box.sol')!)
    expect(told.map(({ file, line, what }) => `${file}:${line}: ${what}`)).toEqual([
      'contracts/Box.sol:5: a branch here is not taken',
      'contracts/Box.sol:9: this line is not run, or not all of it',
      'contracts/Box.sol:9: Box.empty is not called',
      'contracts/Box.sol:10: a branch here is not taken',
      'contracts/Box.sol:10: a branch here is not taken'
    ])
  })

  test('has no gaps where all was reached', () => {
    expect(gapsOf('contracts/Lid.sol', parseLcov(TRACE).get('contracts/Lid.sol')!)).toEqual([])
  })

  test('has no files where there was nothing', () => {
    expect(parseLcov('TN:\n').size).toBe(0)
  })
})
