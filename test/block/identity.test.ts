import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { openIdentity } from '../../src/block/identity.ts'
import { scratchFile } from './samples.ts'

test('a key is made once, for its owner only, and kept', async () => {
  const file = scratchFile('peer.key')
  const key = await openIdentity(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await openIdentity(file)).toEqual(key)
  expect(new Uint8Array(readFileSync(file))).toEqual(new Uint8Array(key))
  expect(readdirSync(dirname(file))).toEqual(['peer.key'])
})

test('several that open it at once get one key', async () => {
  const file = scratchFile('peer.key')
  const keys = await Promise.all(
    Array.from({ length: 8 }, async () => Buffer.from(await openIdentity(file)).toString('hex'))
  )
  expect(new Set(keys).size).toBe(1)
})

test('a key that others may read is refused, with the way out', async () => {
  const file = scratchFile('peer.key')
  writeFileSync(file, 'secret')
  chmodSync(file, 0o640)
  await expect(openIdentity(file)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: `${file}: others may read this private key`,
    hint: expect.stringContaining(`chmod 600 ${file}`)
  })
})
