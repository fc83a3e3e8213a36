import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { bucketBlocks } from '../../src/block/bucket.ts'
import { pinningService } from '../../src/block/pinning-service.ts'
import { remoteThat } from './hostile-remote.ts'
import { namesOf, someBlock } from './samples.ts'

/** They must show up nowhere but in the header that they are for. */
const TOKEN = 'canary-token-51f7c0de-0b5e'
const SECRET = 'canary-secret-91ab44fe-77'

/** All that a logger could get out of an error. */
function everythingIn(error: unknown): string {
  const parts = [inspect(error, { depth: null, showHidden: true, maxStringLength: null, getters: true })]
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    parts.push(String(one), String(one.stack), JSON.stringify(one, Object.getOwnPropertyNames(one)))
  }
  return parts.join('\n')
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => expect.fail('it did not fail'),
    (reason: unknown) => reason
  )
  expect(error).toBeInstanceOf(Error)
  return error
}

type Answer = Parameters<typeof remoteThat>[0]
const quotes = (secret: string): readonly (readonly [string, Answer])[] => [
  ...[302, 400, 401, 403, 404, 409, 410, 418, 429, 500, 503].map((status): readonly [string, Answer] => [
    `with ${status}`,
    (r) =>
      r
        .writeHead(status, { location: `https://x.example/${secret}`, 'x-said': secret, 'retry-after': secret })
        .end(secret)
  ]),
  ['as its reason', (r) => r.writeHead(400, secret).end()],
  ['on a page', (r) => r.end(`<html>${secret}`)],
  [
    'as JSON',
    (r) => r.end(JSON.stringify({ count: 1, results: [{ requestid: secret, status: secret, created: secret }] }))
  ],
  ['as a list', (r) => r.end(`<ListBucketResult><Key>${secret}</Key><IsTruncated>${secret}</IsTruncated>`)],
  ['and hangs up', (r) => r.socket?.end(secret)]
]

describe('no error tells the token or the key', () => {
  test.each(quotes(TOKEN))('of a service that quotes it %s', async (_, answer) => {
    const { url, asked } = await remoteThat(answer)
    const service = pinningService(`${url}/${TOKEN}`, { token: TOKEN, attempts: 2, backoff: 1 })
    const block = await someBlock()
    const pin = { cid: block.cid, requestId: TOKEN, keeper: block.cid, isLast: true }
    const calls = [
      () => service.ask(block),
      () => service.status(pin),
      () => service.replace('r', block.cid),
      () => service.withdraw(pin)
    ]
    for (const call of calls) {
      const outcome = await call().catch((error: unknown) => error)
      expect(everythingIn(outcome)).not.toContain(TOKEN)
    }
    expect(asked[0]?.authorization).toBe(`Bearer ${TOKEN}`)
  })

  test.each(quotes(SECRET))('of a bucket that quotes it %s', async (_, answer) => {
    const { url, asked } = await remoteThat(answer)
    const credentials = { accessKeyId: TOKEN, secretAccessKey: SECRET, sessionToken: `${TOKEN}-${SECRET}` }
    const bucket = bucketBlocks({ endpoint: url, bucket: 'trends', credentials, attempts: 2, backoff: 1 })
    const error = await failure(namesOf(bucket.pinned()))
    for (const secret of [TOKEN, SECRET]) expect(everythingIn(error)).not.toContain(secret)
    // The secret itself is never sent: it only signs.
    expect(
      JSON.stringify(asked.map(({ authorization, url: path, body }) => [authorization, path, body]))
    ).not.toContain(SECRET)
  })

  test.each([`${TOKEN}\nx`, `${TOKEN}ü`, `\u0000${TOKEN}`])('that no header can carry: %#', async (token) => {
    const service = pinningService('https://pin.example', { token })
    expect(everythingIn(await failure(service.ask(await someBlock())))).not.toContain(TOKEN)
    const credentials = { accessKeyId: token, secretAccessKey: SECRET }
    const bucket = bucketBlocks({ endpoint: 'https://s3.example', bucket: 'trends', credentials })
    const told = everythingIn(await failure(bucket.pin([await someBlock()])))
    for (const secret of [TOKEN, SECRET]) expect(told).not.toContain(secret)
  })

  test('where nobody is there', async () => {
    const service = pinningService(`http://127.0.0.1:9/${TOKEN}`, { token: TOKEN, attempts: 1 })
    expect(everythingIn(await failure(service.ask(await someBlock())))).not.toContain(TOKEN)
  })

  test('in a URL, which is refused', () => {
    for (const open of [
      () => pinningService(`https://me:${TOKEN}@pin.example`, { token: TOKEN }),
      () => pinningService(`gopher://${TOKEN}`, { token: TOKEN }),
      () =>
        bucketBlocks({
          endpoint: `http://${TOKEN}.example`,
          bucket: 'trends',
          credentials: { accessKeyId: '', secretAccessKey: '' }
        })
    ]) {
      let error: unknown
      try {
        open()
      } catch (thrown) {
        error = thrown
      }
      expect(error).toMatchObject({ code: 'INVALID_OPTION' })
      expect(everythingIn(error)).not.toContain(TOKEN)
    }
  })
})
