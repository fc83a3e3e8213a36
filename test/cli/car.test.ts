import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { readCar, writeCar } from '../../src/block/car.ts'
import { openStore } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { complete, completeEdition } from '../../src/document/draft.ts'
import { entriesOf } from '../../src/document/edition.ts'
import { draft, PUBLISHER } from '../world.ts'
import { draft as draftFile, useChain } from './on-chain.ts'
import { folder, json, run, serve } from './shell.ts'

const PLACEMENT = { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' }

/** An edition and what it lists, by slug. */
async function someEdition(...slugs: readonly string[]): Promise<readonly [Block, ...Block[]]> {
  const documents = slugs.toSorted().map((slug) => complete(draft(slug), PLACEMENT))
  const members = await Promise.all(documents.map((document) => toBlock(document)))
  const listed = members.map(({ cid }, i) => ({ cid: String(cid), document: documents[i]! }))
  const edition = { type: 'edition', slug: 'all', title: 'All', summary: 'All of it.' } as const
  return [await toBlock(completeEdition(edition, entriesOf(listed), PLACEMENT)), ...members]
}

async function carOf(blocks: readonly Block[], roots = blocks.slice(0, 1)): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const cids = roots.map(({ cid }) => cid)
  for await (const chunk of writeCar(cids, blocks)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function namesIn(file: string): Promise<readonly string[]> {
  const names: string[] = []
  for await (const one of (await readCar([readFileSync(file)])).blocks) {
    names.push('block' in one ? String(one.block.cid) : 'foreign')
  }
  return names
}

const names = (blocks: readonly Block[]): readonly string[] => blocks.map(({ cid }) => String(cid))

/** A folder with an archive that has an edition. */
async function withEdition(): Promise<{ readonly cwd: string; readonly blocks: readonly [Block, ...Block[]] }> {
  const blocks = await someEdition('edge', 'rust', 'wasm')
  const cwd = folder({ 'in.car': await carOf(blocks) })
  const { code, stdout } = await run(['import', 'in.car'], { cwd })
  expect([code, stdout]).toEqual([0, 'imported 4 documents from in.car: 4 new, 0 known, 0 left out\n'])
  return { cwd, blocks }
}

describe('export', () => {
  test('gives back the file that was imported, byte for byte, by name, by list, and all of it', async () => {
    const { cwd, blocks } = await withEdition()
    const cid = String(blocks[0].cid)
    writeFileSync(join(cwd, 'names.txt'), `\nipfs://${cid}\r\n`)
    for (const argv of [[cid], [`ipfs://${cid}`], ['--names', 'names.txt'], [cid, cid]]) {
      const { code, stdout } = await run(['export', ...argv, '-o', 'out.car', '--force'], { cwd })
      const size = statSync(join(cwd, 'in.car')).size
      expect([code, stdout]).toEqual([0, `exported 4 documents, ${size} bytes, to out.car\n`])
      expect(Buffer.compare(readFileSync(join(cwd, 'out.car')), readFileSync(join(cwd, 'in.car')))).toBe(0)
    }
    expect((await run(['export', '--all', '-o', 'all.car'], { cwd })).code).toBe(0)
    const nowhere = await run(['export', '--all', '-o', 'nowhere/all.car'], { cwd })
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('a folder that is not there') })
    expect([...(await namesIn(join(cwd, 'all.car')))].sort()).toEqual([...names(blocks)].sort())
    expect((await run(['export', cid, '--flat', '-o', 'flat.car'], { cwd })).code).toBe(0)
    const { roots } = await readCar([readFileSync(join(cwd, 'flat.car'))])
    expect(Array.from(roots, String)).toEqual(names(blocks))
    expect(await namesIn(join(cwd, 'flat.car'))).toEqual(names(blocks))
    const told = await run(['export', cid, '--no-members', '-o', 'alone.car', '--json'], { cwd })
    expect(json(told.stdout)).toMatchObject({ file: 'alone.car', documents: 1, roots: [cid] })
    expect(await namesIn(join(cwd, 'alone.car'))).toEqual([cid])
  })

  test('writes to a pipe, and not to a terminal', async () => {
    const { cwd, blocks } = await withEdition()
    const cid = String(blocks[0].cid)
    const piped = await run(['export', cid], { cwd })
    expect([piped.code, piped.stdout]).toEqual([0, readFileSync(join(cwd, 'in.car')).toString()])
    const shown = await run(['export', cid], { cwd, tty: true })
    expect([shown.code, shown.stdout]).toEqual([2, ''])
    expect((await run(['export', cid, '--json'], { cwd })).code).toBe(2)
  })

  test('overwrites only what it is told to, and no folder', async () => {
    const { cwd, blocks } = await withEdition()
    const argv = ['export', String(blocks[1]!.cid), '-o']
    const before = readFileSync(join(cwd, 'in.car'))
    const { code, stderr } = await run([...argv, 'in.car'], { cwd })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/is there already\nhint: .*--force/)])
    expect(Buffer.compare(readFileSync(join(cwd, 'in.car')), before)).toBe(0)
    expect((await run([...argv, '.', '--force'], { cwd })).stderr).toMatch(/is a folder/)
    expect((await run([...argv, '/dev/null', '--force'], { cwd })).stderr).toMatch(/no ordinary file/)
    expect((await run([...argv, 'gone/out.car'], { cwd })).code).not.toBe(0)
    expect((await run([...argv, 'in.car', '--force'], { cwd })).code).toBe(0)
    expect(await namesIn(join(cwd, 'in.car'))).toEqual([String(blocks[1]!.cid)])
  })

  test('leaves no file where a document is missing or damaged', async () => {
    const { cwd, blocks } = await withEdition()
    const store = openStore(join(cwd, '.trend-archive', 'archive.db'))
    store.write({ unpinned: [blocks[0].cid], dropped: [blocks[2]!.cid.multihash.digest] })
    store.close()
    const { code, stderr } = await run(['export', String(blocks[0].cid), '-o', 'out.car'], { cwd })
    expect([code, stderr]).toEqual([5, expect.stringContaining(String(blocks[2]!.cid))])
    expect(readdirSync(cwd).toSorted()).toEqual(['.trend-archive', 'in.car'])
  })

  test('reads from a gateway what is not here', async () => {
    const { cwd, blocks } = await withEdition()
    const byName = new Map(blocks.map(({ cid, bytes }) => [`/ipfs/${cid}`, bytes]))
    const asked: string[] = []
    const gateway = await serve(({ url = '' }, response) => {
      const path = url.split('?')[0] ?? ''
      asked.push(path)
      response.writeHead(200, { 'content-type': 'application/vnd.ipld.raw' }).end(byName.get(path))
    })
    const elsewhere = folder()
    const argv = ['export', String(blocks[0].cid), '-o', 'out.car', '--gateway', gateway]
    expect((await run(argv, { cwd: elsewhere })).code).toBe(0)
    expect(Buffer.compare(readFileSync(join(elsewhere, 'out.car')), readFileSync(join(cwd, 'in.car')))).toBe(0)
    // No archive was made for it.
    expect(readdirSync(elsewhere)).toEqual(['out.car'])
    asked.length = 0
    expect((await run(argv, { cwd })).code).toBe(0)
    expect(asked).toEqual([])
  })

  test('wants to know what, and finds nothing where nothing is', async () => {
    const cwd = folder()
    expect((await run(['export', '-o', 'out.car'], { cwd })).code).toBe(2)
    expect((await run(['export', '--all', 'edge', '-o', 'out.car'], { cwd })).code).toBe(2)
    expect((await run(['export', '--all', '--flat', '-o', 'out.car'], { cwd })).code).toBe(2)
    expect((await run(['export', '--all', '--history', '-o', 'out.car'], { cwd })).code).toBe(2)
    expect((await run(['export', '--names', '-', '-o', 'out.car'], { cwd, stdin: ' \n' })).code).toBe(2)
    expect((await run(['export', '--all', '-o', 'out.car'], { cwd })).code).toBe(5)
    expect((await run(['init'], { cwd })).code).toBe(0)
    expect((await run(['export', '--all', '-o', 'out.car'], { cwd })).code).toBe(5)
    expect(existsSync(join(cwd, 'out.car'))).toBe(false)
  })
})

describe('import', () => {
  test('tells what is new, known and left out, and what is missing', async () => {
    const blocks = await someEdition('edge', 'rust')
    const cwd = folder({ 'part.car': await carOf(blocks.slice(0, 2)), 'whole.car': await carOf(blocks) })
    const part = await run(['import', 'part.car'], { cwd })
    expect([part.code, part.stdout]).toEqual([5, 'imported 2 documents from part.car: 2 new, 0 known, 0 left out\n'])
    expect(part.stderr).toMatch(new RegExp(`lacks 1 of what it is about: ${blocks[2]!.cid}\nhint: .*--partial`))
    expect((await run(['import', 'part.car', '--partial'], { cwd })).code).toBe(0)
    const whole = await run(['import', '-', '--json'], { cwd, stdin: readFileSync(join(cwd, 'whole.car')) })
    expect([whole.code, json(whole.stdout)]).toEqual([
      0,
      { roots: 1, added: 1, known: 2, foreign: 0, others: 0, missing: [] }
    ])
    expect((await run(['list'], { cwd })).stdout.split('\n')).toHaveLength(4)
  })

  test('refuses what is no CAR, and names the byte', async () => {
    const blocks = await someEdition('edge')
    const bytes = await carOf(blocks)
    const cwd = folder({ 'cut.car': bytes.slice(0, -1), 'draft.md': '# A draft\n' })
    const cut = await run(['import', 'cut.car', '--json'], { cwd })
    expect([cut.code, json(cut.stdout).error?.code]).toEqual([1, 'INVALID_CAR'])
    expect(json(cut.stdout).error?.details).toMatchObject({
      offset: expect.any(Number),
      rule: 'the file ends in a section'
    })
    expect((await run(['import', 'draft.md'], { cwd })).stderr).toMatch(/^error: byte \d+ of the CAR/)
    expect((await run(['import', 'gone.car'], { cwd })).code).toBe(5)
    expect((await run(['import', '.'], { cwd })).stderr).toMatch(/is a folder/)
  })

  test('makes nothing on disk for a file that is not there', async () => {
    const cwd = folder()
    expect((await run(['import', 'gone.car'], { cwd })).code).toBe(5)
    expect(readdirSync(cwd)).toEqual([])
  })
})

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

test('an interrupt in the middle of an export leaves no file, and one of an import is continued', async () => {
  const blocks = await Promise.all(
    Array.from({ length: 6_000 }, (_, i) => toBlock({ number: i, text: 'x'.repeat(3_000) }))
  )
  const cwd = folder({ 'in.car': await carOf(blocks, []) })
  const interrupted = async (...argv: readonly string[]): Promise<number | null> => {
    const child = spawn(process.execPath, [CLI, ...argv, '--json'], { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
    // It is in the middle once it has told how far it is.
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    return code as number | null
  }
  expect(await interrupted('import', 'in.car')).toBe(130)
  const store = openStore(join(cwd, '.trend-archive', 'archive.db'))
  const kept = store.pins.count()
  expect(kept).toBeGreaterThan(0)
  expect(kept).toBeLessThan(blocks.length)
  // The rest as an import would, but quicker to come by.
  await pinsOf(store, 'archive.db').pin(blocks)
  store.close()
  expect(json((await run(['import', 'in.car', '--json'], { cwd })).stdout)).toMatchObject({ added: 0, known: 6_000 })

  expect(await interrupted('export', '--all', '-o', 'out.car')).toBe(130)
  expect(readdirSync(cwd).toSorted()).toEqual(['.trend-archive', 'in.car'])
})

describe('on a chain', () => {
  const { on } = useChain()

  test('a slug is exported with every version, and read again without one', async () => {
    const cwd = folder({ 'd.md': draftFile('moving') })
    const cids: string[] = []
    for (const text of ['First.', 'Second.']) {
      writeFileSync(join(cwd, 'd.md'), draftFile('moving', text))
      cids.unshift(String(json((await on(['publish', 'd.md', '--json'], { cwd })).stdout).documents?.[0]?.cid))
    }
    expect((await on(['export', 'moving', '-o', 'one.car'], { cwd })).code).toBe(0)
    expect(await namesIn(join(cwd, 'one.car'))).toEqual([cids[0]])
    expect((await on(['export', 'moving', '--history', '-o', 'all.car'], { cwd })).code).toBe(0)
    expect(await namesIn(join(cwd, 'all.car'))).toEqual(cids)
    const elsewhere = folder({ 'all.car': readFileSync(join(cwd, 'all.car')) })
    expect((await run(['import', 'all.car'], { cwd: elsewhere })).code).toBe(0)
    expect((await run(['resolve', cids[1] ?? ''], { cwd: elsewhere })).stdout).toContain('First.')
  })
})
