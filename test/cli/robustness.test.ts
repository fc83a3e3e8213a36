import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { writeCar } from '../../src/block/car.ts'
import { openStore } from '../../src/block/store.ts'
import { pinsOf } from '../../src/block/store-pins.ts'
import { folder, json, type Loose } from './shell.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly json: Loose
}

/** The real program on an archive, asked for JSON. */
function start(
  home: string,
  ...argv: readonly string[]
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const args = [CLI, ...argv, '--archive', home, '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } })
  let stdout = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, json: json(stdout) })) }
}

const cli = async (home: string, ...argv: readonly string[]): Promise<Ended> => await start(home, ...argv).ended

const documents = async (name: string, count: number, size: number): Promise<readonly Block[]> =>
  await Promise.all(Array.from({ length: count }, (_, i) => toBlock({ name, i, text: 'x'.repeat(size) })))

async function carOf(file: string, blocks: readonly Block[]): Promise<string> {
  writeFileSync(file, Buffer.concat(await Array.fromAsync(writeCar([blocks[0]!.cid], blocks))))
  return file
}

describe('a file that is not an archive of this version', () => {
  const wrong = async (make: (file: string) => void, rule: RegExp): Promise<void> => {
    const home = folder()
    const file = join(home, 'archive.db')
    make(file)
    const before = readFileSync(file)
    await Promise.all(
      ['list', 'audit'].map(async (command) => {
        const { code, json } = await cli(home, command)
        expect([command, code, json.error?.code]).toEqual([command, 1, 'STORE_UNAVAILABLE'])
        expect(json.error?.message).toMatch(rule)
        expect(json.error?.hint).toEqual(expect.any(String))
      })
    )
    expect(readFileSync(file)).toEqual(before)
  }

  test("is refused and left alone when it is another program's", async () => {
    await wrong((file) => {
      const other = new DatabaseSync(file)
      other.exec('CREATE TABLE things (id INTEGER)')
      other.close()
    }, /another program/)
  })

  test('is refused and left alone when a newer version made it', async () => {
    await wrong((file) => {
      openStore(file).close()
      const newer = new DatabaseSync(file)
      newer.exec('PRAGMA user_version = 1000; PRAGMA wal_checkpoint(TRUNCATE)')
      newer.close()
    }, /has format 1000/)
  })

  test('is refused and left alone when it is no database', async () => {
    await wrong((file) => writeFileSync(file, 'My diary. '.repeat(1_000)), /no database/)
  })
})

test('two programs that import into one archive at once both finish, and everything is there', async () => {
  const home = folder()
  const [ours, theirs, both] = await Promise.all([
    documents('a', 300, 2_000),
    documents('b', 300, 2_000),
    documents('c', 100, 2_000)
  ])
  const files = await Promise.all([
    carOf(join(home, 'a.car'), [...ours, ...both]),
    carOf(join(home, 'b.car'), [...both, ...theirs])
  ])
  const ended = await Promise.all(files.map(async (file) => await cli(home, 'import', file)))
  expect(ended.map(({ code }) => code)).toEqual([0, 0])
  const store = openStore(join(home, 'archive.db'))
  expect([store.count(), store.pins.count(), store.quarantine(), store.faults()]).toEqual([700, 700, [], []])
  for (const { cid, bytes } of [...ours, ...theirs, ...both]) {
    expect(Buffer.compare(store.get(cid.multihash.digest)!, bytes)).toBe(0)
  }
  store.close()
})

test('an audit while others pin and unpin finds no damage where there is none', async () => {
  const home = folder()
  const file = await carOf(join(home, 'a.car'), await documents('e', 1_500, 2_000))
  const store = openStore(join(home, 'archive.db'))
  const pins = pinsOf(store, 'store')
  const coming = await documents('f', 200, 2_000)
  const others = [cli(home, 'import', file), cli(home, 'audit'), cli(home, 'audit')]
  for (const block of coming) {
    await pins.pin([block])
    await pins.unpin([block.cid])
    store.write({ dropped: [block.cid.multihash.digest] })
    await new Promise(setImmediate)
  }
  store.close()
  for (const { code, json } of await Promise.all(others)) {
    expect(code).toBe(0)
    if (json.sound !== undefined) expect(json).toMatchObject({ sound: true, blocks: { damaged: 0 }, lost: [] })
  }
})

test('an audit that is interrupted ends with 130, and the next goes on where it was', async () => {
  const home = folder()
  const store = openStore(join(home, 'archive.db'))
  await pinsOf(store, 'store').pin(await documents('d', 6_000, 1_000))
  store.close()
  const { child, ended } = start(home, 'audit')
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (said.includes('advanced')) child.kill('SIGINT')
  })
  const { code, json } = await ended
  expect([code, json.error?.code]).toEqual([130, 'INTERRUPTED'])
  const again = await cli(home, 'audit')
  expect([again.code, again.json.continued, again.json.blocks?.checked]).toEqual([0, true, 6_000])
})
