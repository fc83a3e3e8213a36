import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { CID } from 'multiformats/cid'
import * as json from 'multiformats/codecs/json'
import { sha256 } from 'multiformats/hashes/sha2'
import { toBlock } from '../src/block/block.ts'
import { encode } from '../src/document/canonical.ts'
import { benchCase, type Comparison, compare } from './compare.ts'
import { documents } from './documents.ts'

/** From a document to its bytes and its CID. */
export async function benchEncode(count: number): Promise<Comparison> {
  const all = documents(count)
  const bytes = encode(all[0]!)
  assert.equal(new TextDecoder().decode(bytes), canonicalize(all[0]))
  return await compare('encode and name', count, [
    benchCase({
      name: 'JSON.stringify + sha-256 (limit, not canonical)',
      run: () => {
        for (const one of all) hash('sha256', JSON.stringify(one), 'buffer')
      }
    }),
    benchCase({
      name: 'trend-archive encode + sha-256',
      run: () => {
        for (const one of all) hash('sha256', encode(one), 'buffer')
      }
    }),
    benchCase({
      name: 'trend-archive toBlock (bytes and CID)',
      run: async () => {
        for (const one of all) await toBlock(one)
      }
    }),
    benchCase({
      name: 'canonicalize + multiformats',
      run: async () => {
        for (const one of all) {
          CID.createV1(json.code, await sha256.digest(new TextEncoder().encode(canonicalize(one))))
        }
      }
    })
  ])
}
