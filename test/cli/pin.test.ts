import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { complete, completeEdition } from '../../src/document/draft.ts'
import { entriesOf } from '../../src/document/edition.ts'
import { TOKEN, usePinningService } from '../block/mock-pinning-service.ts'
import { useGateway } from '../block/raw-gateway.ts'
import { useS3 } from '../block/s3.ts'
import { draft, PUBLISHER } from '../world.ts'
import { folder, json, type Ran, type RunOptions, run } from './shell.ts'

const [service, gateway, s3] = [usePinningService(), useGateway(), useS3()]
const ENV = { PINNING_TOKEN: TOKEN, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }

let made = 0
const place = { publisher: PUBLISHER, version: 1, previous: undefined, published: '2025-06-01T09:00:00Z' } as const

const someTrend = async (): Promise<Block> => await toBlock(complete(draft(`trend-${made++}`), place))

async function someEdition(): Promise<{ readonly edition: Block; readonly members: readonly Block[] }> {
  const documents = [0, 1, 2].map(() => complete(draft(`trend-${made++}`), place))
  const members = await Promise.all(documents.map(toBlock))
  const listed = documents.map((document, i) => ({ cid: String(members[i]!.cid), document }))
  const head = { type: 'edition', slug: `radar-${made++}`, title: 'Radar' } as const
  return { edition: await toBlock(completeEdition(head, entriesOf(listed), place)), members }
}

/** An archive with a pinning service and a bucket, and what can be done in it. */
async function archive(remotes?: readonly string[]) {
  const cwd = folder()
  const { endpoint, bucket, prefix } = s3.bucket()
  const both = [
    `pinner=${service.url()},token=PINNING_TOKEN,gateway=${gateway.url()}`,
    `backup=s3://${bucket}/${prefix},endpoint=${endpoint}`
  ]
  const named = (remotes ?? both).flatMap((remote) => ['--remote', remote])
  const { code, stderr } = await run(['init', ...named], { cwd })
  expect([code, stderr]).toEqual([0, ''])
  const on = async (argv: readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> =>
    await run([...argv, '--gateway', gateway.url()], { cwd, env: ENV, ...more })
  return Object.assign(on, { cwd })
}

const held = (text: string) =>
  (json(text).documents as unknown as { name: string; held: { sink: string }[] }[]).map(({ name, held: by }) => [
    name,
    ...by.map(({ sink }) => sink)
  ])
const posts = (): number => service.requests.filter(({ line }) => line.startsWith('POST')).length

describe('pin', () => {
  test('keeps a document here and at every remote, and is continued until all of them were checked', async () => {
    service.forget()
    const [on, block] = [await archive(), await someTrend()]
    gateway.serve(block)
    const waiting = await on(['pin', String(block.cid), '--wait', '1s'])
    expect([waiting.code, waiting.stdout]).toEqual([
      1,
      expect.stringMatching(/here · backup, checked .* · pinner: queued/)
    ])
    expect(waiting.stderr).toMatch(/pinner must fetch it from a node that has it: trend-archive serve --p2p --public/)
    expect(waiting.stderr).toMatch(/not held by 2 of 2 remotes; pinner: queued\nhint: .*run it again/)
    service.settle('pinned')
    const { code, stdout } = await on(['pin', String(block.cid), '--origin', '/ip4/203.0.113.1/tcp/4001'])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/here · backup, checked [\d-]+ · pinner, checked [\d-]+\n$/)
    ])
    expect(posts()).toBe(1)
  })

  test('keeps an edition with all that it lists, and takes it back with all that it lists', async () => {
    service.forget()
    const [on, { edition, members }] = [await archive(), await someEdition()]
    gateway.serve(edition, ...members)
    const { code, stdout, stderr } = await on(['pin', String(edition.cid), '--to', 'backup', '--json'])
    expect([code, json(stdout).kept, json(stdout).copies]).toEqual([0, 4, 1])
    const progress = stderr
      .trim()
      .split('\n')
      .map((line) => json(line))
    expect(progress.at(-1)).toMatchObject({ type: 'advanced', unit: 'documents', done: 4, total: 4 })
    expect(progress).toContainEqual(expect.objectContaining({ type: 'held', remote: 'backup' }))
    const all = held((await on(['list', '--held', '--json'])).stdout)
    expect(all.map(([, ...sinks]) => sinks)).toEqual(Array.from({ length: 4 }, () => ['this machine', 'backup']))
    expect((await on(['unpin', String(edition.cid), '--yes'])).code).toBe(0)
    expect((await on(['list', '--held'])).stdout).toBe('nothing is pinned here\n')
  })

  test('gets back from a remote what is lost here', async () => {
    const [on, block] = [await archive(), await someTrend()]
    gateway.serve(block)
    const argv = ['pin', String(block.cid), '--to', 'backup']
    await on(argv)
    gateway.forget(block)
    await on(['unpin', String(block.cid), '--local'])
    rmSync(join(on.cwd, '.trend-archive', 'archive.db'))
    expect((await on(argv)).code).toBe(0)
    expect(held((await on(['list', '--held', '--json'])).stdout)).toEqual([
      [expect.anything(), 'this machine', 'backup']
    ])
  })

  test('is content with as many copies as were asked for', async () => {
    service.forget()
    const [on, block] = [await archive(), await someTrend()]
    gateway.serve(block)
    const argv = ['pin', String(block.cid), '--to', 'pinner', '--to', 'backup', '--copies']
    expect((await on([...argv, '1'])).code).toBe(0)
    expect(await on([...argv, '3'])).toMatchObject({ code: 2, stderr: expect.stringContaining('3 copies are wanted') })
    expect((await on([...argv, 'all'])).code).toBe(2)
  })

  test('keeps it here only where that is wanted, or where there is nowhere else', async () => {
    const [on, block] = [await archive([]), await someTrend()]
    gateway.serve(block)
    const alone = await on(['pin', String(block.cid)])
    expect(alone).toMatchObject({ code: 0, stdout: expect.stringMatching(/ {2}here\n$/) })
    expect(alone.stderr).toMatch(/the archive has no remote; name one with: trend-archive init --remote/)
    expect(await on(['pin', String(block.cid), '--local'])).toMatchObject({ code: 0, stderr: '' })
    const nowhere = await on(['pin', String(block.cid), '--to', 'moon'])
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no remote 'moon'") })
    expect((await on(['pin', String(block.cid), '--local', '--to', 'moon'])).code).toBe(2)
    expect((await on(['pin', String((await someTrend()).cid)])).code).toBe(5)
    expect((await on(['pin', String(block.cid), '--origin', 'here'])).code).toBe(2)
  })
})

describe('unpin', () => {
  test('asks before what is yours is left with nobody', async () => {
    const [on, block] = [await archive(), await someTrend()]
    gateway.serve(block)
    const name = String(block.cid)
    await on(['pin', name, '--to', 'backup'])
    const refused = await on(['unpin', name])
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/would be held by nobody[^\n]*\nhint: .*--yes/)
    })
    expect((await on(['unpin', name], { answer: 'n\n' })).code).toBe(1)
    expect(held((await on(['list', '--held', '--json'])).stdout)).toEqual([
      [expect.anything(), 'this machine', 'backup']
    ])
    // Somebody else goes on holding it.
    expect((await on(['unpin', name, '--local'])).code).toBe(0)
    expect(held((await on(['list', '--held', '--json'])).stdout)).toEqual([[expect.anything(), 'backup']])
    expect((await on(['unpin', name, '--remote'])).code).toBe(1)
    expect((await on(['unpin', name], { answer: 'y\n' })).stdout).toMatch(/^unpinned {2}trend-\d+@1 {2}bagaaiera/)
    expect((await on(['unpin', name, '--local', '--remote'])).code).toBe(2)
  })

  test("does not ask about somebody else's", async () => {
    const on = await archive([])
    const other = { ...place, publisher: 'eip155:1:0x70997970c51812dc3a010c7d01b50e0d17dc79c8' } as const
    const block = await toBlock(complete(draft('elsewhere'), other))
    gateway.serve(block)
    await on(['pin', String(block.cid)])
    expect((await on(['unpin', String(block.cid)])).code).toBe(0)
  })

  test('tells what a remote did not do, and keeps the receipt', async () => {
    service.forget()
    const [on, block] = [await archive(), await someTrend()]
    gateway.serve(block)
    await on(['pin', String(block.cid), '--to', 'pinner', '--wait', '1s'])
    const { code, stderr } = await on(['unpin', String(block.cid), '--yes'], { env: {} })
    expect([code, stderr]).toEqual([1, expect.stringContaining('PINNING_TOKEN is not set')])
    expect((await on(['list', '--held'])).stdout).toContain('pinner: queued')
    expect((await on(['unpin', String(block.cid), '--yes'])).code).toBe(0)
    expect([service.pins(), (await on(['list', '--held'])).stdout]).toEqual([[], 'nothing is pinned here\n'])
  })
})
