import { expect, test } from 'vitest'
import { exitOfError, exitOfVerdict } from '../../src/cli/exit.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { ArchiveError, type ErrorCode, type ErrorDetails } from '../../src/errors.ts'

const fail = <Code extends ErrorCode>(
  code: Code,
  details: Partial<ErrorDetails[Code]> = {},
  cause?: unknown
): ArchiveError<Code> => new ArchiveError(code, 'it failed', details as ErrorDetails[Code], { cause })
const lacking = (transient: boolean): ArchiveError => fail('BLOCK_UNAVAILABLE', { transient })

test.each([
  ['an invalid draft', fail('INVALID_DOCUMENT'), 1],
  ['bytes of another spelling', fail('NOT_CANONICAL'), 1],
  ['a CID of another kind', fail('UNSUPPORTED_CID'), 1],
  ['a wrong command line', new UsageError('no'), 2],
  ['no key', fail('NO_ACCOUNT'), 4],
  ['a name of nothing', fail('NOT_FOUND'), 5],
  ['a block that nobody has', lacking(false), 5],
  ['a block while a source is down', lacking(true), 6],
  ['a source that is down', fail('SOURCE_UNREACHABLE'), 6],
  ['a node that is down', fail('REGISTRY_UNAVAILABLE'), 6],
  ['a refused transaction', fail('REGISTRY_REJECTED'), 1],
  ['a transaction that is not mined in time', fail('TRANSACTION_PENDING'), 6],
  ['one that was interrupted', fail('TRANSACTION_PENDING', {}, new DOMException('stop', 'AbortError')), 130],
  ['one that is not final in time', fail('NOT_SETTLED'), 6],
  ['a chain that costs too much', fail('FEE_TOO_HIGH'), 1],
  ['a broken store', fail('STORE_UNAVAILABLE'), 1],
  ['an interrupt', new DOMException('stop', 'AbortError'), 130],
  ['a fault of the program', new TypeError('oops'), 1]
])('%s ends with its own number', (_, error, code) => {
  expect(exitOfError(error)).toBe(code)
})

test('to verify, what cannot be looked up is an open question', () => {
  expect(exitOfError(fail('REGISTRY_UNAVAILABLE'), 'verify')).toBe(7)
  expect(exitOfError(lacking(true), 'verify')).toBe(7)
  expect(exitOfError(fail('NOT_FOUND'), 'verify')).toBe(5)
})

test.each([
  ['verified', 0],
  ['refuted', 3],
  ['inconclusive', 7]
] as const)('a verdict of %s ends with %i', (status, code) => {
  expect(exitOfVerdict({ status })).toBe(code)
})
