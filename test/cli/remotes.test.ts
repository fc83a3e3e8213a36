import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toBlock } from '../../src/block/block.ts'
import { complete } from '../../src/document/draft.ts'
import { remoteThat } from '../block/hostile-remote.ts'
import { draft, PUBLISHER } from '../world.ts'
import { folder, json, run } from './shell.ts'

const TOKEN = 'canary-token-51f7c0de-0b5e'
const SERVICE = 'https://api.pinata.cloud/psa'

const configIn = (cwd: string): unknown => JSON.parse(readFileSync(join(cwd, '.trend-archive', 'config.json'), 'utf8'))

describe('init --remote', () => {
  test('keeps remotes, changes those that are named again, and forgets those that are named alone', async () => {
    const cwd = folder()
    const service = { type: 'pinning-service', url: SERVICE, tokenFrom: 'PINATA_JWT' }
    await run(['init', '--remote', `pinata=${SERVICE},token=PINATA_JWT`, '--copies', '2'], { cwd })
    expect(configIn(cwd)).toEqual({ network: 'eip155:31337', remotes: { pinata: service }, copies: 2 })
    const bucket =
      'backup=s3://trends/docs/2025,endpoint=https://s3.example,region=eu-central-1,style=host,credentials=BACKUP,sink=true'
    const second = await run(['init', '--remote', bucket, '--json'], { cwd })
    expect(json(second.stdout).remotes).toEqual({
      pinata: service,
      backup: {
        type: 's3',
        bucket: 'trends',
        prefix: 'docs/2025',
        endpoint: 'https://s3.example',
        region: 'eu-central-1',
        style: 'host',
        credentialsFrom: 'BACKUP',
        sink: true
      }
    })
    await run(['init', '--remote', 'pinata=', '--remote', 'backup=', '--remote', 'other=http://127.0.0.1:1,token=A'], {
      cwd
    })
    const other = { type: 'pinning-service', url: 'http://127.0.0.1:1', tokenFrom: 'A' }
    expect(configIn(cwd)).toEqual({ network: 'eip155:31337', remotes: { other }, copies: 2 })
  })

  test.each([
    ['pinata', /begins with a name/],
    [`Pinata=${SERVICE},token=A`, /begins with a name/],
    [`=${SERVICE}`, /begins with a name/],
    [`pinata=${SERVICE}`, /pinata: tokenFrom is missing/],
    [`pinata=${SERVICE},token=${TOKEN}`, /pinata: tokenFrom must name an environment variable/],
    [`pinata=${SERVICE},secret=A`, /pinata: its fields are token, gateway, endpoint/],
    [`pinata=${SERVICE},token=A,region=x`, /pinata: region is no field of a pinning-service/],
    ['pinata=http://pin.example,token=A', /pinata: url must be an https URL/],
    [`pinata=https://me:${TOKEN}@pin.example,token=A`, /pinata: url must be an https URL/],
    [`pinata=${SERVICE},token=A,gateway=ftp://x`, /pinata: gateway must be an https URL/],
    ['backup=s3://trends', /backup: endpoint is missing/],
    ['backup=s3://trends,endpoint=https://s3.example,style=odd', /backup: style must be path or host/],
    ['backup=s3://trends,endpoint=https://s3.example,sink=yes', /backup: sink must be true or false/],
    [`backup=s3://trends,endpoint=https://s3.example,credentials=${TOKEN}`, /backup: credentialsFrom must name/]
  ])('refuses %s, and says what is asked', async (text, rule) => {
    const { code, stdout, stderr } = await run(['init', '--remote', text], { cwd: folder() })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(rule)
    expect(stderr).toMatch(/\nhint: a service: pinata=/)
    expect(stderr).not.toContain(TOKEN)
  })
})

const SOUND = { type: 'pinning-service', url: SERVICE, tokenFrom: 'PINATA_JWT' }

test.each([
  [{ remotes: [] }, /remotes must be an object of remotes by name/],
  [{ remotes: { [TOKEN.toUpperCase()]: SOUND } }, /remotes\.\(name\): a name is 1 to 31/],
  [{ remotes: { pinata: null } }, /remotes\.pinata: must be an object/],
  [{ remotes: { pinata: { ...SOUND, type: 'ipfs' } } }, /remotes\.pinata: type must be pinning-service or s3/],
  [{ remotes: { pinata: { ...SOUND, token: TOKEN } } }, /remotes\.pinata: token is no field of a pinning-service/],
  [{ remotes: { pinata: { ...SOUND, [TOKEN]: 1 } } }, /remotes\.pinata: one of its fields is no field/],
  [{ remotes: { pinata: { ...SOUND, tokenFrom: TOKEN } } }, /remotes\.pinata: tokenFrom must name/],
  [{ remotes: { pinata: { ...SOUND, url: `https://x:${TOKEN}@y` } } }, /remotes\.pinata: url must be/],
  [{ remotes: { pinata: { ...SOUND, url: 7 } } }, /remotes\.pinata: url must be/],
  [{ remotes: { b: { type: 's3', endpoint: 'https://s3.example', bucket: '' } } }, /remotes\.b: bucket must be text/],
  [{ copies: 0 }, /copies must be a number from 1 on/],
  [{ copies: '2' }, /copies must be a number from 1 on/]
])('a file of settings with %j is refused, and nothing of it is repeated', async (config, rule) => {
  const cwd = folder()
  mkdirSync(join(cwd, '.trend-archive'))
  writeFileSync(join(cwd, '.trend-archive', 'config.json'), JSON.stringify(config))
  const { code, stderr } = await run(['list'], { cwd })
  expect([code, stderr]).toEqual([1, expect.stringMatching(rule)])
  expect(stderr).toContain('config.json: ')
  expect(stderr.toLowerCase()).not.toContain(TOKEN)
})

test('a bucket whose name or folder is no good is told when it is to be used', async () => {
  const cwd = folder()
  await run(['init', '--remote', 'b=s3://Not_A_Bucket,endpoint=https://s3.example'], { cwd })
  const { code, stderr } = await run(['unpin', String((await document()).cid), '--yes'], { cwd })
  expect([code, stderr]).toEqual([1, expect.stringContaining('a bucket is 3 to 63')])
})

const document = async () =>
  await toBlock(
    complete(draft('edge'), {
      publisher: PUBLISHER,
      version: 1,
      previous: undefined,
      published: '2025-06-01T09:00:00Z'
    })
  )

describe('a token is told to nobody but its service,', () => {
  const pin = (cid: string, status: string): string =>
    JSON.stringify({
      count: 1,
      results: [{ requestid: TOKEN, status, created: '2026-01-01T00:00:00Z', pin: { cid, name: TOKEN } }]
    })
  const answers: readonly (readonly [string, (cid: string) => Parameters<typeof remoteThat>[0]])[] = [
    ['by one that refuses it and quotes it', () => (r) => r.writeHead(401).end(TOKEN)],
    [
      'by one that points elsewhere with it',
      () => (r) => r.writeHead(302, { location: `https://x.example/${TOKEN}` }).end()
    ],
    ['by one that answers with it', () => (r) => r.end(`"${TOKEN}"`)],
    ['by one that calls the request so', (cid) => (r) => r.end(pin(cid, 'queued'))],
    ['by one that says it failed', (cid) => (r) => r.end(pin(cid, 'failed'))],
    ['by one that says it is pinned', (cid) => (r) => r.end(pin(cid, 'pinned'))]
  ]

  test.each(answers)('%s', async (_, answer) => {
    const block = await document()
    const name = String(block.cid)
    const { url, asked } = await remoteThat(answer(name))
    const source = await remoteThat((r) => r.end(block.bytes))
    const cwd = folder()
    const env = { PINNING_TOKEN: TOKEN }
    await run(['init', '--remote', `pinner=${url},token=PINNING_TOKEN,gateway=${source.url}/${TOKEN}`], { cwd, env })
    const told: string[] = []
    for (const argv of [
      ['pin', name, '--wait', '1s', '-v'],
      ['pin', name, '--wait', '1s', '--json'],
      ['list', '--held', '--json'],
      ['unpin', name, '--yes', '--json', '-v'],
      ['doctor', '--json']
    ]) {
      const { stdout, stderr } = await run([...argv, '--gateway', source.url], { cwd, env })
      told.push(stdout, stderr)
    }
    expect(told.join('\n')).not.toContain(TOKEN)
    expect(told.join('\n').length).toBeGreaterThan(100)
    expect(asked[0]?.authorization).toBe(`Bearer ${TOKEN}`)
    expect(source.asked.map(({ authorization }) => authorization)).toEqual(source.asked.map(() => undefined))
  })
})
