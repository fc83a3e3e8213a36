import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { Block } from '../../src/block/block.ts'
import { bucketBlocks } from '../../src/block/bucket.ts'
import { openStore } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { good, serve } from '../block/gateways.ts'
import { useS3 } from '../block/s3.ts'
import { someBlocks } from '../block/samples.ts'
import { draft, useChain } from './on-chain.ts'
import { folder, json, NOWHERE, type Ran, run } from './shell.ts'

const FILE = 'archive.db'

/** An archive's folder with blocks pinned in it. */
async function archiveOf(blocks: readonly Block[]): Promise<string> {
  const home = folder()
  const store = openStore(join(home, FILE))
  await pinsOf(store, 'store').pin(blocks)
  store.close()
  return home
}

/** Changes the bytes of blocks behind the archive's back. */
function spoil(home: string, ...blocks: readonly Block[]): void {
  const database = new DatabaseSync(join(home, FILE))
  for (const { cid } of blocks) {
    database.prepare("UPDATE blocks SET bytes = x'7b7d' WHERE digest = ?").run(cid.multihash.digest)
  }
  database.close()
}

/** A gateway that has some blocks. */
async function gatewayWith(blocks: readonly Block[]): Promise<string> {
  const kept = new Map(blocks.map(({ cid, bytes }) => [String(cid), bytes]))
  const { url } = await serve((response, request) => {
    const bytes = kept.get(/\/ipfs\/(\w+)/.exec(request.url ?? '')?.[1] ?? '')
    if (bytes !== undefined) return good(bytes)(response, request)
    response.statusCode = 404
    response.end()
  })
  return url
}

const audit = async (home: string, ...more: readonly string[]): Promise<Ran> =>
  await run(['audit', '--archive', home, ...more], { cwd: home })

describe('audit', () => {
  test('of a sound archive says so, with 0', async () => {
    const home = await archiveOf(await someBlocks(3))
    const { code, stdout, stderr } = await audit(home)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^sound: .*archive\.db\n {2}blocks +█{20} {2}3 of 3 sound, \d+ B\n {2}documents +█{20} /)
    expect(json((await audit(home, '--json')).stdout)).toMatchObject({
      sound: true,
      blocks: { checked: 3, damaged: 0 }
    })
  })

  test('heals from a gateway, with 0, and has nothing to do the next time', async () => {
    const blocks = await someBlocks(10)
    const home = await archiveOf(blocks)
    spoil(home, ...blocks.slice(0, 4))
    const url = await gatewayWith(blocks)
    const { code, stdout } = await audit(home, '--gateway', url)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^healed: 4 documents/)
    expect(stdout).toMatch(/blocks +█{12}░{8} {2}6 of 10 sound/)
    expect(stdout).toMatch(/healed +█{20} {2}4 of 4 put back/)
    expect(stdout).toMatch(/elsewhere +█{20} {2}10 of 10 asked for are kept elsewhere too/)
    const again = json((await audit(home, '--gateway', url, '--json')).stdout)
    expect(again).toMatchObject({ sound: true, healed: [], quarantined: [], blocks: { damaged: 0 } })
  })

  test('names what is lost and why, with 1 and a way out', async () => {
    const blocks = await someBlocks(2)
    const home = await archiveOf(blocks)
    spoil(home, blocks[0]!)
    const { code, stdout } = await audit(home, '--gateway', await gatewayWith([]))
    expect(code).toBe(1)
    expect(stdout).toContain(`damaged: ${blocks[0]!.cid}\n`)
    expect(stdout).toContain('does not have the block (status 404)')
    expect(stdout).toMatch(/\nhint: .*--gateway.*\n$/)
    const told = await audit(home, '--json')
    expect([told.code, json(told.stdout).sound]).toEqual([1, false])
    expect(json(told.stdout).lost).toMatchObject([{ cid: String(blocks[0]!.cid), found: 'damaged' }])
  })

  test('says with 6 that somebody who may have it did not answer', async () => {
    const blocks = await someBlocks(1)
    const home = await archiveOf(blocks)
    spoil(home, blocks[0]!)
    const { code, stdout } = await audit(home, '--gateway', 'http://127.0.0.1:9')
    expect(code).toBe(6)
    expect(stdout).toMatch(/hint: somebody did not answer/)
  })

  test('tells of a gateway that lies', async () => {
    const blocks = await someBlocks(2)
    const home = await archiveOf(blocks)
    const { url } = await serve(good(blocks[0]!.bytes))
    const { code, stdout } = await audit(home, '--gateway', url, '--sample', 'all')
    expect(code).toBe(0)
    expect(stdout).toMatch(/1 of 2, 1 wrong, \d+ ms/)
    expect(stdout).toMatch(/hint: .* sends other bytes/)
  })

  test('only looks where that is asked for', async () => {
    const blocks = await someBlocks(1)
    const home = await archiveOf(blocks)
    spoil(home, blocks[0]!)
    const url = await gatewayWith(blocks)
    expect((await audit(home, '--gateway', url, '--no-repair')).code).toBe(1)
    expect((await audit(home, '--gateway', url)).code).toBe(0)
  })

  test('says where there is no archive, and makes none', async () => {
    const home = join(folder(), 'nothing')
    expect((await run(['audit', '--archive', home], { cwd: folder() })).code).toBe(5)
    expect(existsSync(home)).toBe(false)
  })

  test('does not take any word for a count', async () => {
    const home = await archiveOf([])
    expect((await audit(home, '--sample', 'some')).code).toBe(2)
    expect((await audit(home, '--sample', '-1')).code).toBe(2)
  })
})

describe('audit of an archive with a remote', () => {
  const s3 = useS3()
  const secrets = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }

  /** An archive with a bucket for a remote, and what is in the bucket. */
  async function withBucket(blocks: readonly Block[]): Promise<string> {
    const cwd = folder()
    const options = s3.bucket()
    const url = `backup=s3://${options.bucket}/${options.prefix},endpoint=${s3.endpoint()}`
    expect((await run(['init', '--remote', url], { cwd })).code).toBe(0)
    await bucketBlocks(options).pin(blocks)
    const store = openStore(join(cwd, '.trend-archive', FILE))
    await pinsOf(store, 'store').pin(blocks)
    store.close()
    return cwd
  }

  test('heals from it, and says what it holds', async () => {
    const blocks = await someBlocks(3)
    const cwd = await withBucket(blocks)
    spoil(join(cwd, '.trend-archive'), blocks[0]!)
    const { code, stdout } = await run(['audit', '--json'], { cwd, env: secrets })
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({
      healed: [{ cid: String(blocks[0]!.cid) }],
      copies: { documents: 3, elsewhere: 3, sources: [{ source: 'backup', honest: 3, wrong: 0 }] }
    })
  })

  test('does without it where its secret is not at hand, and says why', async () => {
    const cwd = await withBucket(await someBlocks(1))
    const { code, stdout } = await run(['audit'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/backup: 0 of 1, 1 unreachable; .*AWS_ACCESS_KEY_ID/)
  })
})

describe('audit --chain', () => {
  const chain = useChain()
  const ask = ['audit', '--chain', '--json']

  test('finds what was published from another machine, and says how to keep it here', async () => {
    const [here, there] = [folder({ 'd.md': draft('wind') }), folder({ 'd.md': draft('wind', 'It says more.') })]
    expect((await chain.on(['publish', 'd.md'], { cwd: here })).code).toBe(0)
    const first = await chain.on(ask, { cwd: here })
    expect([first.code, json(first.stdout).chain]).toEqual([0, { slugs: 1, absent: [] }])
    // The other machine knows the first version, and publishes the second.
    cpSync(join(here, '.trend-archive'), join(there, '.trend-archive'), { recursive: true })
    expect((await chain.on(['publish', 'd.md'], { cwd: there })).code).toBe(0)
    const { code, stdout } = await chain.on(['audit', '--chain'], { cwd: here })
    expect(code).toBe(0)
    expect(stdout).toMatch(/of 1 slugs that are known here, 1 name documents that are not\n {4}wind {2}bagaaiera/)
    expect(stdout).toMatch(/\nhint: .*trend-archive pin bagaaiera\w+\n$/)
    const another = await chain.on([...ask, '--publisher', `0x${'1'.repeat(40)}`], { cwd: here })
    expect(json(another.stdout).chain).toEqual({ slugs: 0, absent: [] })
  })

  test('says with 6 that the chain cannot be read, after everything else', async () => {
    const home = await archiveOf(await someBlocks(1))
    const { code, stdout } = await run([...ask, '--archive', home, '--rpc-url', NOWHERE], { cwd: home })
    expect([code, json(stdout).sound, json(stdout).blocks?.checked]).toEqual([6, true, 1])
    expect(json(stdout).chain?.fault).toEqual(expect.any(String))
  })
})

describe('reading', () => {
  test('heals the archive from whoever delivers what was damaged', async () => {
    const blocks = await someBlocks(1)
    const [{ cid, bytes }] = blocks as [Block]
    const home = await archiveOf(blocks)
    spoil(home, ...blocks)
    const url = await gatewayWith(blocks)
    const read = await run(['verify', String(cid), '--archive', home, '--gateway', url], { cwd: home })
    expect(read.stderr).toBe('')
    const store = openStore(join(home, FILE))
    expect(store.get(cid.multihash.digest)).toEqual(bytes)
    expect(store.quarantine()).toEqual([])
    store.close()
  })
})

describe('doctor', () => {
  const database = async (home: string): Promise<{ readonly [key: string]: unknown }> => {
    const { stdout } = await run(['doctor', '--json', '--archive', home], { cwd: home })
    const checks = (JSON.parse(stdout) as { checks: { check: string }[] }).checks
    return checks.find(({ check }) => check === 'audit')!
  }

  test('says when the archive was last audited and what came of it', async () => {
    const blocks = await someBlocks(2)
    const home = await archiveOf(blocks)
    expect(await database(home)).toMatchObject({
      state: 'unchecked',
      hint: expect.stringContaining('trend-archive audit')
    })
    await audit(home)
    expect(await database(home)).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/^last audited 20\d\d-.*: all was sound$/)
    })
    spoil(home, blocks[0]!)
    await audit(home)
    expect(await database(home)).toMatchObject({
      state: 'problem',
      says: expect.stringMatching(/1 lost/),
      hint: expect.stringContaining('audit')
    })
  })
})
