import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { pin } from '../../src/archive/pin.ts'
import { type Kept, type ReplicateEvent, type ReplicateOptions, replicate } from '../../src/archive/replicate.ts'
import { withdraw } from '../../src/archive/withdraw.ts'
import type { Block } from '../../src/block/block.ts'
import { bucketBlocks } from '../../src/block/bucket.ts'
import { gateway as gatewayAt } from '../../src/block/gateway.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { pinningService } from '../../src/block/pinning-service.ts'
import { receiptsIn } from '../../src/block/receipts.ts'
import type { Remote } from '../../src/block/remote.ts'
import { openStore } from '../../src/block/store.ts'
import { remoteThat } from '../block/hostile-remote.ts'
import { TOKEN, usePinningService } from '../block/mock-pinning-service.ts'
import { useGateway } from '../block/raw-gateway.ts'
import { useS3 } from '../block/s3.ts'
import { namesOf, scratchFile, someBlock, someBlocks, sortedNames } from '../block/samples.ts'

const [mock, gateway, s3] = [usePinningService(), useGateway(), useS3()]

beforeEach(() => mock.forget())

const service = (more: { readonly url?: string; readonly name?: string } = {}): Remote =>
  pinningService(more.url ?? mock.url(), {
    name: more.name ?? 'pinner',
    token: TOKEN,
    source: gatewayAt(gateway.url()),
    backoff: 1,
    attempts: 2,
    timeout: 2_000
  })

/** An archive that has these blocks, and a store for receipts that outlives it. */
function archive(blocks: readonly Block[], file = scratchFile()) {
  const local = memoryBlocks()
  const store = openStore(file)
  onTestFinished(() => store.close())
  const receipts = receiptsIn(store)
  const events: ReplicateEvent[] = []
  const run = async (remotes: readonly Remote[], more: ReplicateOptions & { readonly kept?: readonly Kept[] } = {}) => {
    await local.pin(blocks)
    const { kept = blocks.map(({ cid }, i) => ({ cid, name: `doc@${i}` })), ...options } = more
    const quick = { interval: 5, patience: 40, onProgress: (event: ReplicateEvent) => events.push(event), ...options }
    return await replicate({ sources: [local], remotes, receipts }, kept, quick)
  }
  return { file, local, store, receipts, events, run }
}

const posts = (): number => mock.requests.filter(({ line }) => line.startsWith('POST')).length

describe('replication', () => {
  test('counts a remote when its bytes were fetched again, and keeps a receipt of it', async () => {
    const [block, bucket] = [await someBlock(), bucketBlocks(s3.bucket())]
    gateway.serve(block)
    const { run, receipts, events } = archive([block])
    const onProgress = (event: ReplicateEvent): void => {
      events.push(event)
      if (event.type === 'asked') mock.settle('pinned')
    }
    const { copies, lacking, faults } = await run([service(), bucket], { patience: 20_000, onProgress })
    expect({ copies, lacking, faults }).toEqual({ copies: 2, lacking: [], faults: [] })
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const common = { cid: String(block.cid), name: 'doc@0', status: 'pinned', keepers: [String(block.cid)] }
    const times = { askedAt: at, pinnedAt: at, checkedAt: at }
    expect(receipts.all()).toEqual([
      { ...common, ...times, remote: 'bucket', requestId: String(block.cid), by: 'bucket' },
      { ...common, ...times, remote: 'pinner', requestId: expect.any(String), by: new URL(gateway.url()).host }
    ])
    expect(events.at(-1)).toEqual({ type: 'advanced', unit: 'documents', done: 2, total: 2 })
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['asked', 'held', 'advanced']))
  })

  test('remembers every edition that asks, also where several ask at once', async () => {
    const [block, ...editions] = await someBlocks(5)
    const { run, receipts } = archive([block!])
    const bucket = bucketBlocks(s3.bucket())
    const asking = editions.map(async ({ cid: root }) => {
      const kept = [{ cid: block!.cid, name: 'shared@1', root }]
      return await run([bucket], { kept, patience: 20_000 })
    })
    for (const { lacking } of await Promise.all(asking)) expect(lacking).toEqual([])
    const { keepers } = receipts.get('bucket', String(block!.cid))!
    expect(keepers.toSorted()).toEqual(sortedNames(editions))
  })

  test('is continued after the process ended, and asks for nothing twice', async () => {
    const blocks = await someBlocks(5)
    gateway.serve(...blocks)
    const first = archive(blocks)
    const { lacking } = await first.run([service()])
    expect([lacking.length, posts()]).toEqual([5, 5])
    first.store.close()
    mock.settle('pinned')
    const { run } = archive(blocks, first.file)
    expect((await run([service()])).lacking).toEqual([])
    expect(posts()).toBe(5)
    const asked = mock.requests.length
    const read = gateway.requests()
    expect((await run([service()])).lacking).toEqual([])
    expect([mock.requests.length, gateway.requests()]).toEqual([asked, read])
    // A check that is too old is made anew.
    expect((await run([service()], { freshFor: 0 })).lacking).toEqual([])
    expect(gateway.requests()).toBe(read + 5)
    expect(posts()).toBe(5)
  })

  test('stops when the caller gives up, and goes on from there', async () => {
    const blocks = await someBlocks(20)
    gateway.serve(...blocks)
    const { run, events, receipts } = archive(blocks)
    const caller = new AbortController()
    const giveUp = (event: ReplicateEvent): void => {
      events.push(event)
      if (events.filter(({ type }) => type === 'asked').length === 7) caller.abort(new Error('enough'))
    }
    await expect(run([service()], { signal: caller.signal, onProgress: giveUp })).rejects.toThrow('enough')
    const before = posts()
    expect(before).toBeGreaterThanOrEqual(7)
    expect(before).toBeLessThan(20)
    mock.settle('pinned')
    await run([service()])
    mock.settle('pinned')
    expect((await run([service()])).lacking).toEqual([])
    // A post that was given up half way may still be heard; what it asks for was asked for already.
    expect([receipts.all().length, mock.pins().length]).toEqual([20, 20])
  })

  test('does not count a remote whose gateway has other bytes, or none', async () => {
    const [lied, missing] = await someBlocks(2)
    gateway.lie(lied!)
    const { run, receipts } = archive([lied!, missing!])
    await run([service()], { patience: 0 })
    expect(receipts.all().map(({ status }) => status)).toEqual(['queued', 'queued'])
    mock.settle('pinned')
    const { lacking, faults } = await run([service()], { patience: 1_000 })
    expect(lacking).toHaveLength(2)
    const faultOf = ({ cid }: Block) => faults.find((fault) => fault.cid === String(cid))?.fault
    expect(faultOf(lied!)).toMatch(/says that it is kept, and .* sent other bytes/)
    expect(faultOf(missing!)).toMatch(/says that it is kept, and .* does not have the block/)
    expect(receipts.all().map(({ status, checkedAt }) => [status, checkedAt])).toEqual([
      ['pinned', undefined],
      ['pinned', undefined]
    ])
    gateway.serve(lied!, missing!)
    expect((await run([service()])).lacking).toEqual([])
    // What was held and is not any more counts no longer.
    gateway.forget(lied!)
    expect((await run([service()], { freshFor: 0 })).lacking).toEqual([String(lied!.cid)])
  })

  test('does not take the word of a remote that cannot be checked', async () => {
    const block = await someBlock()
    const unchecked: Remote = pinningService(mock.url(), { name: 'pinner', token: TOKEN })
    const { run } = archive([block])
    await run([unchecked], { patience: 0 })
    mock.settle('pinned')
    const { lacking, faults } = await run([unchecked])
    expect([lacking, faults[0]?.fault]).toEqual([[String(block.cid)], expect.stringContaining('no gateway is named')])
  })

  test('is enough when so many of them hold it, and does not wait for the others', async () => {
    const blocks = await someBlocks(3)
    const bucket = bucketBlocks(s3.bucket())
    const { run } = archive(blocks)
    const { lacking, copies, receipts } = await run([service(), bucket], { copies: 1, patience: 600_000 })
    expect({ lacking, copies }).toEqual({ lacking: [], copies: 1 })
    expect(receipts.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'pinned'),
      ...Array.from({ length: 3 }, () => 'queued')
    ])
  })

  test('asks again for what a remote failed to get, or has forgotten', async () => {
    const [failed, forgotten] = await someBlocks(2)
    gateway.serve(failed!, forgotten!)
    const { run, receipts } = archive([failed!])
    await run([service()])
    mock.settle('failed')
    expect((await run([service()])).faults[0]?.fault).toContain('could not get the bytes')
    expect((await run([service()])).receipts[0]?.status).toBe('queued')
    expect(mock.pins()).toHaveLength(1)
    mock.forget()
    expect((await run([service()])).faults[0]?.fault).toContain('knows the request no more')
    expect(receipts.all()).toEqual([])
    await run([service()], { patience: 0 })
    mock.settle('pinned')
    expect((await run([service()])).lacking).toEqual([])
  })

  test('goes on with the others where one remote is of no use', async () => {
    const blocks = await someBlocks(4)
    const refusing = await remoteThat((response) => response.writeHead(401).end())
    const picky = await remoteThat((response, { method }) => {
      if (method === 'POST') response.writeHead(400).end()
      else response.end('{"count":0,"results":[]}')
    })
    const lying = await remoteThat((response) => {
      const pin = { requestid: 'r', status: 'pinned', created: '2026-01-01T00:00:00Z', pin: { cid: 'another' } }
      response.end(JSON.stringify({ count: 0, results: [], ...pin }))
    })
    const remotes = [
      service({ url: refusing.url, name: 'refusing' }),
      service({ url: picky.url, name: 'picky' }),
      service({ url: lying.url, name: 'lying' }),
      service({ url: 'http://127.0.0.1:9', name: 'dead' }),
      bucketBlocks(s3.bucket())
    ]
    const { run, receipts } = archive(blocks)
    const { lacking, faults } = await run(remotes, { copies: 1 })
    expect(lacking).toEqual([])
    expect(faults.filter(({ remote }) => remote === 'picky')).toHaveLength(4)
    const whole = faults.filter(({ cid }) => cid === undefined).map(({ remote }) => remote)
    expect(whole.toSorted()).toEqual(['dead', 'lying', 'refusing'])
    expect(new Set(receipts.all().map(({ remote }) => remote))).toEqual(new Set(['bucket']))
    // Not one request a document where the token is refused.
    expect(refusing.asked.length).toBeLessThanOrEqual(8)
  })

  test('wants no more copies than there are remotes, and bytes to give', async () => {
    const block = await someBlock()
    const { run } = archive([block])
    for (const copies of [0, 2, Number.NaN]) {
      await expect(run([service()], { copies })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    }
    const { cid } = await someBlock()
    const kept = [{ cid, name: 'gone@1' }]
    await expect(run([service(), bucketBlocks(s3.bucket())], { kept })).rejects.toMatchObject({
      code: 'BLOCK_UNAVAILABLE'
    })
  })
})

describe('withdrawing', () => {
  test('takes back what editions list unless another keeps it, and can be run again', async () => {
    const [first, second, shared, own] = await someBlocks(4)
    const all = [first!, second!, shared!, own!]
    gateway.serve(...all)
    const bucket = bucketBlocks(s3.bucket())
    const { run, receipts } = archive(all)
    const kept = [
      ...[first!, shared!, own!].map(({ cid }) => ({ cid, name: 'a@1', root: first!.cid })),
      ...[second!, shared!].map(({ cid }) => ({ cid, name: 'b@1', root: second!.cid })),
      { cid: own!.cid, name: 'own@1' }
    ]
    for (let times = 0; times < 2; times++) {
      await run([service(), bucket], { kept })
      mock.settle('pinned')
    }
    expect(mock.pins()).toHaveLength(4)
    expect(await namesOf(bucket.pinned())).toEqual(sortedNames(all))
    const ports = { remotes: [service(), bucket], receipts }
    expect(await withdraw(ports, [first!.cid])).toEqual([])
    expect(await namesOf(bucket.pinned())).toEqual(sortedNames([second!, shared!, own!]))
    expect(
      mock
        .pins()
        .map(({ pin: { cid } }) => cid)
        .toSorted()
    ).toEqual(sortedNames([second!, shared!, own!]))
    expect(await withdraw(ports, [first!.cid, second!.cid, own!.cid])).toEqual([])
    expect([receipts.all(), mock.pins(), await namesOf(bucket.pinned())]).toEqual([[], [], []])
  })

  test('keeps the receipt of whoever has not done its part', async () => {
    const block = await someBlock()
    const { run, receipts } = archive([block])
    await run([service()])
    const dead = service({ url: 'http://127.0.0.1:9' })
    const [fault] = await withdraw({ remotes: [dead], receipts }, [block.cid])
    expect(fault).toMatchObject({
      remote: 'pinner',
      cid: String(block.cid),
      fault: expect.stringContaining('unreachable')
    })
    expect((await withdraw({ remotes: [], receipts }, [block.cid]))[0]?.fault).toContain('no remote of this archive')
    expect(receipts.all()).toHaveLength(1)
    expect(await withdraw({ remotes: [service()], receipts }, [block.cid])).toEqual([])
    expect([receipts.all(), mock.pins()]).toEqual([[], []])
  })
})

test('pinning a document fetches what is not here, once', async () => {
  const block = await someBlock()
  gateway.serve(block)
  const [blocks, read] = [memoryBlocks(), gateway.requests()]
  const named = { cid: block.cid, document: { type: 'trend', slug: 'edge', version: 2 } as never }
  for (let times = 0; times < 2; times++) {
    expect(await pin({ blocks, sources: [gatewayAt(gateway.url())] }, named)).toEqual([
      { cid: block.cid, name: 'edge@2' }
    ])
  }
  expect(gateway.requests()).toBe(read + 1)
  expect(await namesOf(blocks.pinned())).toEqual([String(block.cid)])
})
