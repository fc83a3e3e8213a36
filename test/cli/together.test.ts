import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KillChain, openKillChain } from '../../scripts/kill/chain.ts'
import { type Child, runModule, runUntil } from '../../scripts/kill/child.ts'
import { writeDrafts } from '../../scripts/kill/drafts.ts'
import type { Holdings } from '../../scripts/kill/publishes.ts'
import { toPublisher } from '../../src/document/publisher.ts'
import { folder, json } from './shell.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

let chain: KillChain
beforeAll(async () => {
  chain = await openKillChain()
})
afterAll(async () => await chain.stop())

test('two processes that publish the same on one archive record it once, while a third reads', async () => {
  const home = folder()
  const slugs = writeDrafts(join(home, 'drafts'), 'both', false)
  const { key, address } = await chain.account()
  const start = async (...argv: readonly string[]): Promise<Child> =>
    await runUntil(
      [CLI, ...argv, '--json', '--rpc-url', chain.url, '--archive', join(home, 'archive')],
      undefined,
      'SIGKILL',
      { env: { PRIVATE_KEY: key } }
    )
  expect((await start('init')).code).toBe(0)
  const [one, other, reader] = await Promise.all([
    start('publish', join(home, 'drafts')),
    start('publish', join(home, 'drafts')),
    start('list')
  ])
  for (const { code, lines } of [one, other, reader]) expect([code, lines.length], lines[0]).toEqual([0, 1])
  // Both may have sent the very same transaction, and then both have published.
  const published = [one, other].map(({ lines }) => Number(json(lines[0]!).published))
  expect([
    [0, slugs.length],
    [slugs.length, slugs.length]
  ]).toContainEqual(published.toSorted((a, b) => a - b))

  const { recorded } = await chain.named(address)
  expect([recorded.length, new Set(recorded).size]).toEqual([slugs.length, slugs.length])
  const file = join(home, 'archive', 'archive.db')
  const { lines } = await runModule('holdings', [file, toPublisher('eip155:31337', address), ...slugs])
  const { documents, torn, pending } = JSON.parse(lines[0]!) as Holdings
  expect([torn, pending]).toEqual([0, 0])
  expect(recorded.filter((digest) => !documents.some((held) => held.digest === digest))).toEqual([])
  expect(readdirSync(join(home, 'archive')).toSorted()).toEqual(['archive.db', 'config.json'])
})
