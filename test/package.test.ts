import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { faultsOf, type Packed, pack } from '../scripts/pack.ts'
import { DEV_KEY } from '../src/registry/account.ts'
import { type Published, publishOne } from './e2e/published.ts'

const DOORS = Object.keys(packageJson.exports).filter((path) => !path.includes('*') && !path.endsWith('.json'))
/** Doors whose types must hold in a page, where there is no Node. */
const LIGHT = ['.', './verify', './verify/proof', './car', './lineage', './contracts']
const nameOf = (door: string): string => `trend-archive${door.slice(1)}`

/** Packages that a consumer must never get without asking for them. */
const HEAVY = /^(?:helia|@helia\/|libp2p$|@libp2p\/|@chainsafe\/|react-native|node-datachannel)/

let folder: string
let packed: Packed
const consumer = (): string => join(folder, 'consumer')
const run = (command: string, args: readonly string[], cwd = consumer()): SpawnSyncReturns<string> =>
  spawnSync(command, args, { cwd, encoding: 'utf8' })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trend-archive-package-'))
  packed = await pack(folder)
  mkdirSync(consumer())
  writeFileSync(join(consumer(), 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  execFileSync('npm', ['install', ...quick, packed.tarball], { cwd: consumer(), stdio: 'inherit' })
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the packed package', () => {
  test('is fit to publish', async () => {
    expect(await faultsOf(folder)).toEqual([])
  })

  test('carries the contracts, the schema, the notices of others and its licence, and no source or test', () => {
    for (const file of [
      'contracts/ITrendRegistry.sol',
      'contracts/TrendRegistry.sol',
      'contracts/examples/ReadersVote.sol',
      'docs/SOLIDITY.md',
      'dist/THIRD-PARTY-NOTICES.md',
      'LICENSE',
      'README.md'
    ]) {
      expect(packed.files).toContain(file)
    }
    expect(packed.files.filter((file) => /\.ts$/.test(file) && !file.endsWith('.d.ts'))).toEqual([])
    expect(packed.files).toContain('contracts/verification/TrendRegistry.json')
    expect(packed.files.filter((file) => /(?:^|\/)test\/|\.t\.sol$/.test(file))).toEqual([])
  })

  test('brings no node of IPFS with it, only what package.json names', () => {
    const installed = packagesUnder(join(consumer(), 'node_modules'))
    console.log(`installed: ${installed.length} packages, ${megabytes(join(consumer(), 'node_modules'))} MB`)
    expect(installed.filter((name) => HEAVY.test(name))).toEqual([])
    expect(Object.keys(packageJson.dependencies).filter((name) => !installed.includes(name))).toEqual([])
  })

  test.each(DOORS)('opens its door %s in Node', (door) => {
    const script = `console.log(Object.keys(await import('${nameOf(door)}')).length)`
    const { stdout, stderr, status } = run(process.execPath, ['--input-type=module', '--eval', script])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(Number(stdout)).toBeGreaterThan(0)
  })

  describe.each(['bundler', 'nodenext'])('for a consumer under moduleResolution %s', (resolution) => {
    test('has sound types behind the light doors, without those of Node', () => {
      expect(
        complaints(
          resolution,
          DOORS.filter((door) => LIGHT.includes(door))
        )
      ).toEqual([])
    })

    test('has sound types behind every door', () => {
      // ethers brings types of Node that TypeScript 7 finds fault with; those are not ours to answer for.
      const ours = /^(?:consumer\.ts|node_modules\/trend-archive\/)/
      expect(complaints(resolution, DOORS).filter((line) => ours.test(line))).toEqual([])
    })
  })

  describe('runs examples/verify-node', () => {
    let published: Published

    beforeAll(async () => {
      published = await publishOne(join(folder, 'chain.json'))
      cpSync(new URL('../examples/verify-node/verify.js', import.meta.url), join(consumer(), 'verify.js'))
    }, 60_000)

    afterAll(() => published?.stop())

    // Not the synchronous kind: the gateways that the script asks are in this process.
    const runScript = async (gateway: string): Promise<{ code: number; stdout: string }> => {
      const args = ['verify.js', String(published.cid), gateway, published.rpc]
      const child = spawn(process.execPath, args, { cwd: consumer(), stdio: ['ignore', 'pipe', 'inherit'] })
      const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
      return { code: code as number, stdout }
    }

    test('which verifies a published document', async () => {
      const { code, stdout } = await runScript(published.gateway)
      expect(stdout).toContain(`verified – ${published.title}`)
      expect(code).toBe(0)
    })

    test('which believes no gateway that changes a bit', async () => {
      const { code, stdout } = await runScript(published.liar)
      expect(stdout).toContain('inconclusive')
      expect(code).toBe(7)
    })
  })

  describe('runs examples/publish-node', () => {
    let published: Published

    beforeAll(async () => {
      published = await publishOne(join(folder, 'publisher.json'))
      cpSync(new URL('../examples/publish-node/publish.js', import.meta.url), join(consumer(), 'publish.js'))
      writeFileSync(join(consumer(), 'draft.md'), '# Local-first comes back\n\nSoftware that works offline.\n')
    }, 60_000)

    afterAll(() => published?.stop())

    test('which publishes a draft once, with nothing but the package installed', () => {
      const env = { ...process.env, PRIVATE_KEY: DEV_KEY }
      const args = ['publish.js', 'draft.md', published.rpc]
      const publishDraft = () => spawnSync(process.execPath, args, { cwd: consumer(), encoding: 'utf8', env })
      const first = publishDraft()
      expect(first.stderr).toBe('')
      expect(first.stdout).toMatch(/^new local-first-comes-back@1 bagaaiera\S+\nrecorded in 0x/)
      const cid = first.stdout.split(/\s/)[2]
      expect(publishDraft().stdout).toBe(`unchanged local-first-comes-back@1 ${cid}\n`)
    })
  })

  test('pins over its bundled Helia, and gives the block to another node where the peers are installed', () => {
    // The consumer has none of the optional peers, so this one runs beside the repository's.
    const beside = join(folder, 'package')
    symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(beside, 'node_modules'))
    const script = `
      import { heliaBlocks, openHelia, openPeer, openStore } from './dist/helia.js'
      import { toBlock } from './dist/index.js'
      const [ours, theirs] = [openStore(':memory:'), openStore(':memory:')]
      const block = await toBlock({ hello: 'world' })
      const node = await openHelia(ours)
      await heliaBlocks(node, ours).pin([block])
      for await (const { cid } of node.pins.ls()) console.log(String(cid))
      await node.stop()
      const [giver, taker] = [await openPeer(ours), await openPeer(theirs)]
      await taker.dial(giver.addresses)
      console.log(new TextDecoder().decode(await taker.blocks.get(block.cid)))
      await Promise.all([giver.stop(), taker.stop()])
      process.exit()
    `
    const { stdout, stderr } = run(process.execPath, ['--input-type=module', '--eval', script], beside)
    expect(stderr).toBe('')
    expect(stdout).toBe('bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea\n{"hello":"world"}\n')
  })

  test('says how to install what a peer needs, where it is not', () => {
    const cli = join(consumer(), 'node_modules', '.bin', 'trend-archive')
    expect(run(cli, ['init']).status).toBe(0)
    const { status, stderr } = run(cli, ['serve', '--p2p', '--public'])
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /needs packages that are not installed\nhint: install them with: npm i @helia\/bitswap@4 .*@libp2p\/kad-dht@16/
    )
  })

  test('has its address book for whoever reads no TypeScript', () => {
    const script = `
      import book from 'trend-archive/deployments.json' with { type: 'json' }
      import { ADDRESS } from 'trend-archive/contracts'
      console.log(book['eip155:31337'].address === ADDRESS)
    `
    const { stdout } = run(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '--eval',
      script
    ])
    expect(stdout).toBe('true\n')
  })

  test('has a command that answers', () => {
    const { stdout, status } = run(join(consumer(), 'node_modules', '.bin', 'trend-archive'), ['--version'])
    expect(stdout.trim()).toBe(packageJson.version)
    expect(status).toBe(0)
  })
})

/** What the compiler says to a strict consumer that imports these doors and checks declarations too. */
function complaints(resolution: string, doors: readonly string[]): readonly string[] {
  const imports = doors.map((door, i) => `import * as door${i} from '${nameOf(door)}'`)
  const use = `export const doors: readonly object[] = [${doors.map((_, i) => `door${i}`).join(', ')}]`
  const options = {
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
    module: resolution === 'bundler' ? 'preserve' : 'nodenext',
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    types: [],
    noEmit: true
  }
  writeFileSync(join(consumer(), 'consumer.ts'), [...imports, use, ''].join('\n'))
  writeFileSync(join(consumer(), 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }))
  const { stdout, status } = run('tsc', ['-p', 'tsconfig.json'])
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.length === 0 && status !== 0 ? [`tsc left with ${status}`] : lines
}

function packagesUnder(modules: string): readonly string[] {
  return globSync('**/node_modules/{*,@*/*}/package.json', { cwd: join(modules, '..') })
    .map((file) => /node_modules\/((?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
}

function megabytes(under: string): string {
  const files = readdirSync(under, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
  return (bytes / 1e6).toFixed(1)
}
