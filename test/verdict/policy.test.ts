import { expect, it } from 'vitest'
import { parsePolicy } from '../../src/verdict/policy.ts'
import { PUBLISHER } from '../world.ts'

it('reads a policy with every setting', () => {
  const policy = { publishers: [PUBLISHER], standings: ['current'], requireRecord: true, finality: 'final', maxAge: 60 }
  expect(parsePolicy(policy)).toEqual(policy)
  expect(parsePolicy({})).toEqual({})
})

it('reads a did:pkh as the account it names', () => {
  const did = `did:pkh:${PUBLISHER.replace('f39fd6', 'F39fD6')}`
  expect(parsePolicy({ publishers: [did, PUBLISHER], maxAge: 1 })).toEqual({
    publishers: [PUBLISHER, PUBLISHER],
    maxAge: 1
  })
})

it.each([
  [null, 'policy'],
  [[], 'policy'],
  ['x', 'policy'],
  [{ publishers: PUBLISHER }, 'policy.publishers'],
  [{ publishers: ['0x12'] }, 'policy.publishers'],
  [{ publishers: [PUBLISHER.toUpperCase()] }, 'policy.publishers'],
  [{ publishers: [[PUBLISHER]] }, 'policy.publishers'],
  [{ publishers: [`did:pkh:${PUBLISHER}#key`] }, 'policy.publishers'],
  [{ standings: ['good'] }, 'policy.standings'],
  [{ requireRecord: 1 }, 'policy.requireRecord'],
  [{ finality: 'finalized' }, 'policy.finality'],
  [{ maxAge: -1 }, 'policy.maxAge'],
  [{ maxAge: '60' }, 'policy.maxAge'],
  [{ publisher: [] }, 'policy.publisher'],
  [JSON.parse('{"__proto__": []}'), 'policy.__proto__'],
  [{ constructor: 1 }, 'policy.constructor']
])('refuses %j, naming the setting', (value, option) => {
  expect(() => parsePolicy(value)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ option }) })
  )
})
