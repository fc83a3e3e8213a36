import { expect, test } from 'vitest'
import { citationsIn } from '../../src/document/citations.ts'
import type { Trend } from '../../src/document/document.ts'
import { cidOfSample, sample } from './samples.ts'

const [A, B, C] = ['minimal trend', 'second version', 'edition'].map(cidOfSample) as [string, string, string]
const REF = 'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045/faas@2'
const citing = (more: Partial<Trend>): Trend => ({ ...sample('minimal trend'), body: 'Text.', ...more })

test('a document cites as relations, evidence, attachments and links, each once', () => {
  const document = citing({
    relations: [
      { rel: 'cites', target: A },
      { rel: 'supports', target: REF },
      { rel: 'contradicts', target: A }
    ],
    evidence: [
      { id: 'e1', kind: 'trend', title: 'T', url: `https://trustless-gateway.link/ipfs/${B}?format=raw` },
      {
        id: 'e2',
        kind: 'trend',
        title: 'T',
        url: `https://${A}.ipfs.dweb.link/`,
        captures: [{ cid: C, mediaType: 'application/json' }]
      }
    ],
    attachments: [
      { cid: B, mediaType: 'application/json', bytes: 9 },
      { cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', mediaType: 'image/png', bytes: 9 }
    ],
    body: `See [this](ipfs://${C}) and ipfs://${C}.`
  })
  expect(citationsIn(document)).toEqual([
    { target: A, paths: ['$.relations[0]', '$.relations[2]', '$.evidence["e2"].url'] },
    { target: REF, paths: ['$.relations[1]'] },
    { target: B, paths: ['$.evidence["e1"].url', '$.attachments[0]'] },
    { target: C, paths: ['$.evidence["e2"].captures[0]', '$.body'] }
  ])
})

test('what only looks like a CID is not cited, and a text of nothing but links is read in linear time', () => {
  const evidence = [{ id: 'e1', kind: 'web', title: 'T', url: `https://example.org/x${A}` }]
  expect(citationsIn(citing({ evidence, body: `ipfs://${A}x ipfs://bafkrei ipfs://${A.toUpperCase()}` }))).toEqual([])
  const start = performance.now()
  expect(citationsIn(citing({ body: `ipfs://${A} `.repeat(7_000) }))).toHaveLength(1)
  expect(performance.now() - start).toBeLessThan(1_000)
})
