import { expect, test } from 'vitest'
import { changed, changesAt, MISSING, pathsIn } from '../../scripts/mutations/mutate.ts'
import { MODES } from '../../scripts/mutations/readers.ts'
import { missedBy, mutations } from '../../scripts/mutations.ts'

test('every field of an answer is changed, in every way', () => {
  const answer = { number: '0x10', list: [{ proof: ['0xab'] }], none: null }
  expect(pathsIn(answer).map((path) => path.join('.'))).toEqual([
    '',
    'number',
    'list',
    'list.0',
    'list.0.proof',
    'list.0.proof.0',
    'none'
  ])
  const other = { ...answer, number: '0x11' }
  const found = changesAt(answer, ['number'], { stale: [other] }, () => 0.5)
  expect(new Set(found.map(({ kind }) => kind))).toEqual(
    new Set(['null', 'missing', 'other type', 'bit flip', 'zero', 'max', 'wrong length', 'stale'])
  )
  expect(found.filter(({ kind }) => kind === 'stale').map(({ value }) => value)).toEqual(['0x11'])
  for (const change of found) expect(changed(answer, change)).not.toEqual(answer)
  expect(changed(answer, { kind: 'missing', path: ['list', 0, 'proof', 0], value: MISSING })).toEqual({
    ...answer,
    list: [{ proof: [] }]
  })
  expect(answer).toEqual({ number: '0x10', list: [{ proof: ['0xab'] }], none: null })
})

test('no lie of a node is believed in a quorum, nor below a proof', async () => {
  expect(missedBy(await mutations({ stride: 150, seed: 7 }))).toEqual([])
})

test('a node alone is believed, and that is found', async () => {
  const modes = MODES.filter(({ name }) => name === 'single').map((mode) => ({ ...mode, isSafe: true }))
  const found = await mutations({ stride: 1, seed: 7, modes, subjects: ['not recorded'], kinds: ["other document's"] })
  expect(found.of.single?.believed.length).toBeGreaterThan(0)
  expect(found.of.single?.unnamed).toEqual([])
  expect(missedBy(found, modes).join('\n')).toMatch(/^single: believed: not recorded, \["eth_call"/)
}, 120_000)
