import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseName } from '../../src/archive/name.ts'
import { PUBLISHER } from '../world.ts'

const CID = 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'

describe('a name', () => {
  it('is a CID, bare or as an ipfs:// URI', () => {
    for (const text of [CID, `ipfs://${CID}`, `ipfs://${CID}/`]) {
      const name = parseName(text)
      expect(name.by === 'cid' && String(name.cid)).toBe(CID)
    }
  })

  it('is a publisher and a slug, at any version or at one', () => {
    expect(parseName(`${PUBLISHER}/wasm-backend`)).toEqual({
      by: 'ref',
      publisher: PUBLISHER,
      slug: 'wasm-backend',
      version: undefined
    })
    expect(parseName(`${PUBLISHER}/wasm-backend@3`)).toMatchObject({ slug: 'wasm-backend', version: 3 })
  })

  it('may have its publisher as a did:pkh, which means the account', () => {
    const did = `did:pkh:${PUBLISHER.replace('f39fd6', 'F39FD6')}`
    const named = { by: 'ref', publisher: PUBLISHER, slug: 'wasm' }
    expect(parseName(`${did}/wasm@3`)).toEqual({ ...named, version: 3 })
    expect(parseName(`${did}/wasm`, { publisher: 'eip155:1:0x70997970c51812dc3a010c7d01b50e0d17dc79c8' })).toEqual({
      ...named,
      version: undefined
    })
  })

  it('may leave out what a default publisher says', () => {
    const defaults = { publisher: PUBLISHER }
    expect(parseName('wasm-backend@2', defaults)).toMatchObject({ publisher: PUBLISHER, version: 2 })
    const other = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
    expect(parseName(`${other}/wasm-backend`, defaults)).toMatchObject({
      publisher: `eip155:31337:${other.toLowerCase()}`
    })
  })

  it.each([
    ['wasm-backend', 'INVALID_NAME'],
    [`${PUBLISHER}/Wasm`, 'INVALID_NAME'],
    [`${PUBLISHER}/wasm@0`, 'INVALID_NAME'],
    [`${PUBLISHER}/wasm@01`, 'INVALID_NAME'],
    [`${PUBLISHER}/wasm@1@2`, 'INVALID_NAME'],
    [`${PUBLISHER}/`, 'INVALID_NAME'],
    ['', 'INVALID_NAME'],
    ['eip155:1:0x12/wasm', 'INVALID_NAME'],
    [`did:pkh:${PUBLISHER}`, 'INVALID_NAME'],
    [`did:pkh:${PUBLISHER}/path/wasm`, 'INVALID_NAME'],
    [`did:pkh:${PUBLISHER}?service=x/wasm`, 'INVALID_NAME'],
    [`did:pkh:${PUBLISHER}#blockchainAccountId/wasm`, 'INVALID_NAME'],
    [`did:web:${PUBLISHER}/wasm`, 'INVALID_NAME'],
    [`DID:pkh:${PUBLISHER}/wasm`, 'INVALID_NAME'],
    ['QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG', 'UNSUPPORTED_CID'],
    ['bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', 'UNSUPPORTED_CID'],
    [`ipfs://${CID.slice(0, -1)}`, 'UNSUPPORTED_CID'],
    [`ipfs://${PUBLISHER}/wasm`, 'UNSUPPORTED_CID']
  ])('%s is refused with %s', (text, code) => {
    expect(() => parseName(text)).toThrow(expect.objectContaining({ code }))
  })

  it('never gets past the parser as anything but a name or a typed error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(['cid', 'ref']).toContain(parseName(text, { publisher: PUBLISHER }).by)
        } catch (error) {
          expect(['INVALID_NAME', 'UNSUPPORTED_CID']).toContain((error as { code?: string }).code)
        }
      })
    )
  })
})
