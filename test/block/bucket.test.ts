import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkBlock } from '../../src/block/block.ts'
import { type BucketOptions, bucketBlocks } from '../../src/block/bucket.ts'
import { describeBlockSink } from '../behaviour/block-sink.ts'
import { describeBlockSource } from '../behaviour/block-source.ts'
import { drip, endless, remoteThat } from './hostile-remote.ts'
import { useS3 } from './s3.ts'
import { namesOf, someBlock, someBlocks, sortedNames } from './samples.ts'

const s3 = useS3()

// Each pin is two requests, and the server is of the kind that is made for tests.
const CROWD = 12
describeBlockSink('bucket', async () => bucketBlocks(s3.bucket()), CROWD)
describeBlockSource('bucket', async () => {
  const blocks = bucketBlocks(s3.bucket())
  return { source: blocks, give: blocks.pin }
})

/** The files behind a bucket's objects, by the end of their key. */
const filesOf = ({ prefix = '' }: BucketOptions, key: string): readonly string[] =>
  readdirSync(join(s3.directory, 'trends', prefix), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes(key) && file.endsWith('_object'))
    .map((file) => join(s3.directory, 'trends', prefix, file))

describe('a bucket', () => {
  test('has the bytes of a document under its CID, for any web server to serve', async () => {
    const options = s3.bucket()
    const block = await someBlock()
    await bucketBlocks(options).pin([block])
    const [file = expect.fail('no object'), ...more] = filesOf(options, `ipfs/${block.cid}`)
    expect(more).toEqual([])
    expect(await checkBlock(block.cid, new Uint8Array(readFileSync(file)))).toBeDefined()
  })

  test('whose bytes were changed says so, and is mended by pinning again', async () => {
    const options = s3.bucket()
    const blocks = bucketBlocks(options)
    const block = await someBlock()
    await blocks.pin([block])
    const [file = expect.fail('no object')] = filesOf(options, `ipfs/${block.cid}`)
    const damaged = readFileSync(file)
    damaged[3]! ^= 1
    writeFileSync(file, damaged)
    await expect(blocks.get(block.cid)).rejects.toMatchObject({ code: 'BLOCK_MISMATCH', details: { source: 'bucket' } })
    await blocks.pin([block])
    expect(await blocks.get(block.cid)).toEqual(block.bytes)
  })

  test('is read by whoever opens it again, pins and all', async () => {
    const options = s3.bucket()
    const [edition, one] = await someBlocks(2)
    await bucketBlocks(options).pin([one!], { root: edition!.cid })
    await bucketBlocks(options).pin([edition!])
    const again = bucketBlocks(options)
    expect(await namesOf(again.pinned())).toEqual(sortedNames([edition!, one!]))
    await again.withdraw({ cid: one!.cid, requestId: '', keeper: edition!.cid, isLast: true })
    expect(await namesOf(again.pinned())).toEqual([String(edition!.cid)])
    expect(filesOf(options, String(one!.cid))).toEqual([])
    expect(await again.status({ cid: one!.cid, requestId: '' })).toBeUndefined()
    expect(await again.status({ cid: edition!.cid, requestId: '' })).toMatchObject({ status: 'pinned' })
  })

  test('keeps what another process pins while the last pin before that is taken away', async () => {
    const options = s3.bucket()
    const [first, second, shared] = await someBlocks(3)
    const other = bucketBlocks(options)
    await other.pin([shared!], { root: first!.cid })
    let hasCome = false
    const racing = bucketBlocks({
      ...options,
      fetch: async (request, init) => {
        const { method, url } = request as Request
        // The moment at which the bytes are gone and it has not been looked for another pin.
        const response = await fetch(request, init)
        if (method === 'DELETE' && url.includes('/ipfs/') && !hasCome) {
          hasCome = true
          await other.pin([shared!], { root: second!.cid })
        }
        return response
      }
    })
    await racing.unpin([first!.cid])
    expect(hasCome).toBe(true)
    expect(await racing.get(shared!.cid)).toEqual(shared!.bytes)
    expect(await namesOf(racing.pinned())).toEqual([String(shared!.cid)])
  })

  test('lists more than a page, and leaves alone what is not of its making', async () => {
    const names = await Promise.all(Array.from({ length: 5 }, async () => String((await someBlock()).cid)))
    const keys = [...names.map((cid) => `f/pins/${cid}/${cid}`), 'f/pins/readme.txt', 'f/pins/a/b/c', 'g/pins/x']
    const { url, asked } = await remoteThat((response, { url: path }) => {
      const token = new URL(path, 'http://x').searchParams.get('continuation-token') ?? '0&<'
      const from = Number(token.slice(0, -2))
      const next = from + 2 < keys.length ? `<NextContinuationToken>${from + 2}&amp;&lt;</NextContinuationToken>` : ''
      const found = keys.slice(from, from + 2).map((key) => `<Contents><Key>${key}</Key></Contents>`)
      response.end(
        `<ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${next}${found.join('')}</ListBucketResult>`
      )
    })
    const blocks = bucketBlocks({ ...s3.bucket(), endpoint: url, prefix: 'f/' })
    expect(await namesOf(blocks.pinned())).toEqual(names.toSorted())
    expect(asked.length).toBe(4)
    expect(asked[0]?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=S3RVER\/\d{8}\/us-east-1\/s3\/aws4_request/)
  })

  test('is sent the digest of what it is to keep, as part of what is signed', async () => {
    const digests: unknown[] = []
    const fetch: typeof globalThis.fetch = async (input) => {
      const request = input as Request
      const body = new Uint8Array(await request.arrayBuffer())
      digests.push([request.headers.get('x-amz-content-sha256'), createHash('sha256').update(body).digest('hex')])
      return new Response('')
    }
    await bucketBlocks({ ...s3.bucket(), fetch }).pin([await someBlock()])
    expect(digests).toHaveLength(2)
    for (const [said, actual] of digests as [string, string][]) expect(said).toBe(actual)
  })

  test('may be part of the host', async () => {
    const seen: string[] = []
    const fetch: typeof globalThis.fetch = async (request) => {
      seen.push((request as Request).url)
      return new Response('', { status: 404 })
    }
    const options = { ...s3.bucket(), endpoint: 'https://s3.example', style: 'host', prefix: 'a/b', fetch } as const
    const { cid } = await someBlock()
    await expect(bucketBlocks(options).get(cid)).rejects.toThrow('bucket does not have the block')
    expect(seen).toEqual([`https://trends.s3.example/a/b/ipfs/${cid}`])
  })

  test('of another name, or under another key, is refused in so many words', async () => {
    const block = await someBlock()
    const missing = bucketBlocks({ ...s3.bucket(), bucket: 'nowhere' })
    await expect(missing.pin([block])).rejects.toMatchObject({ code: 'PIN_FAILED', message: /no such bucket/ })
    await expect(namesOf(missing.pinned())).rejects.toMatchObject({ code: 'REMOTE_FAILED' })
    const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'canary-secret' }
    const refused = bucketBlocks({ ...s3.bucket(), credentials })
    await expect(refused.pin([block])).rejects.toMatchObject({ code: 'NO_ACCOUNT' })
    const without = bucketBlocks({ ...s3.bucket(), credentials: { accessKeyId: 'x', secretAccessKey: undefined } })
    await expect(without.pin([block])).rejects.toMatchObject({
      code: 'NO_ACCOUNT',
      message: 'AWS_SECRET_ACCESS_KEY is not set'
    })
  })

  const XML = (text: string): string => `<ListBucketResult>${text}</ListBucketResult>`
  const hostile: readonly (readonly [string, Parameters<typeof remoteThat>[0], string])[] = [
    ['never ends', (r) => endless(r), 'too large'],
    ['drips', drip, 'unreachable'],
    ['says nothing', () => undefined, 'unreachable'],
    ['is at fault', (r) => r.writeHead(503).end(), 'fault'],
    ['points elsewhere', (r) => r.writeHead(301, { location: 'http://127.0.0.1:9/' }).end(), 'redirect'],
    ['lists nothing that is a list', (r) => r.end('<html>'), 'malformed answer'],
    ['does not say how the list goes on', (r) => r.end(XML('<IsTruncated>true</IsTruncated>')), 'malformed answer'],
    [
      'lists nothing for ever',
      (r, _, nth) => r.end(XML(`<IsTruncated>true</IsTruncated><NextContinuationToken>${nth}</NextContinuationToken>`)),
      'malformed answer'
    ]
  ]
  test.each(hostile)('that %s fails with the reason', async (_, answer, reason) => {
    const { url } = await remoteThat(answer)
    const blocks = bucketBlocks({ ...s3.bucket(), endpoint: url, timeout: 200, attempts: 2 })
    await expect(namesOf(blocks.pinned())).rejects.toMatchObject({ code: 'REMOTE_FAILED', details: { reason } })
  })

  test('that sends more than a block may have is cut off', async () => {
    const { url } = await remoteThat((response) => endless(response))
    const failing = bucketBlocks({ ...s3.bucket(), endpoint: url }).get((await someBlock()).cid)
    await expect(failing).rejects.toMatchObject({ details: { reason: 'too large' } })
  })

  test.each([
    [{ bucket: 'Not_A_Bucket' }, 'bucket'],
    [{ bucket: '../other' }, 'bucket'],
    [{ endpoint: 'http://s3.example' }, 'endpoint'],
    [{ endpoint: 'https://key:secret@s3.example' }, 'endpoint'],
    [{ prefix: '../../x' }, 'prefix'],
    [{ prefix: 'a//b' }, 'prefix'],
    [{ prefix: 'a b' }, 'prefix']
  ])('is not opened with %j', (more, option) => {
    expect(() => bucketBlocks({ ...s3.bucket(), ...more })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ option }) })
    )
  })
})
