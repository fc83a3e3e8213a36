import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DevChain, startDevChain } from '../scripts/dev-chain.ts'
import { parseCid } from '../src/block/cid.ts'
import { openStore, type Store } from '../src/block/store.ts'

const run = promisify(execFile)
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const README = readFileSync(path('../README.md'), 'utf8')
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(readFileSync(path('../package.json'), 'utf8')).scripts

const blocks = (language: string): readonly string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!)
const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))
const forPeople = commands.filter((line) => !line.startsWith('npm '))

const folder = mkdtempSync(join(tmpdir(), 'trend-archive-readme-'))
const home = join(folder, '.trend-archive')
let chain: DevChain
let store: Store
let gateway: Server

beforeAll(async () => {
  await run(process.execPath, [path('../scripts/start.ts')], { env: { ...process.env, TREND_ARCHIVE_HOME: home } })
  chain = await startDevChain({ stateFile: join(home, 'chain.json') })
  // What the reader's shell would find after npm ci: here the command as it is in the sources.
  mkdirSync(join(folder, 'bin'))
  const npx = join(folder, 'bin', 'npx')
  writeFileSync(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${path('../src/cli.ts')}" "$@"\n`)
  chmodSync(npx, 0o755)
  writeFileSync(join(folder, 'package.json'), '{}')
  store = openStore(join(home, 'archive.db'))
  gateway = createServer(({ url = '' }, response) => {
    const bytes = store.get(parseCid(url.split(/[/?]/)[2] ?? '').multihash.digest)
    response.writeHead(bytes === undefined ? 404 : 200, { 'content-type': 'application/vnd.ipld.raw' }).end(bytes)
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  await new Promise((resolve) => gateway.close(resolve))
  store.close()
  await chain.stop()
  rmSync(folder, { recursive: true })
})

describe('the README', () => {
  it('names only scripts that there are', () => {
    const named = commands.flatMap((line) => [...line.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name]) => name!))
    expect(named).toContain('start')
    for (const name of named) expect(['ci', ...Object.keys(SCRIPTS)]).toContain(name)
  })

  it('shows commands that work, in the order they are shown', async () => {
    const env = {
      ...process.env,
      RPC_URL: chain.url,
      PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`
    }
    const outputs = new Map<string, string>()
    for (const line of forPeople) {
      const { stdout, stderr } = await run('sh', ['-c', line], { cwd: folder, env })
      outputs.set(line, `${outputs.get(line) ?? ''}${stdout}${stderr}`)
    }
    expect(outputs.size).toBeGreaterThan(10)
    expect(outputs.get('npx trend-archive publish local-first.md')).toContain('nothing to publish')
    expect(outputs.get('npx trend-archive verify wasm-backend@1')).toMatch(/^verified[\s\S]*superseded/)
    expect(outputs.get('npx trend-archive verify local-first-comes-back')).toMatch(/^verified/)
    expect(outputs.get('npx trend-archive sign --dry-run local-first.md')).toMatch(/^would sign/)
    expect(outputs.get('npx trend-archive encode --any --cid package.json')).toMatch(/^bagaaiera/)
    expect(outputs.get('npx trend-archive verify wasm-backend edge-computing zero-trust-apis')).toMatch(/^3 verified$/m)
    expect(outputs.get('npx trend-archive verify zero-trust-apis --proof')).toMatch(
      /trusting {2}state proof, block hash from/
    )
    expect(outputs.get('npx trend-archive verify exhibit.trend.car')).toMatch(
      /^verified[\s\S]*trusting {2}state proof, rpc:/
    )
    expect(outputs.get('npx trend-archive sign --statement --dry-run local-first.md')).toMatch(/^would sign/)
  }, 300_000)

  it('shows library code that works as it is', async () => {
    const [code] = blocks('js')
    const golden: Readonly<Record<string, string>> = JSON.parse(readFileSync(path('vectors/corpus.json'), 'utf8'))
    const script = `${code!
      .replace('trend-archive/verify', path('../src/verify.ts'))
      .replace('http://127.0.0.1:8080', `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`)
      .replace('http://127.0.0.1:8545', chain.url)
      .replace('bagaaiera…', golden['edge-computing@1']!)}\nconsole.log(verdict.status, verdict.document.slug)\n`
    const file = join(folder, 'example.mjs')
    writeFileSync(file, script)
    expect((await run(process.execPath, [file])).stdout).toBe('verified edge-computing\n')
  })

  it('shows the CIDs that npm start prints', () => {
    const golden = Object.values(JSON.parse(readFileSync(path('vectors/corpus.json'), 'utf8')))
    for (const [cid] of README.matchAll(/bagaaiera[a-z2-7]{52}/g)) expect(golden).toContain(cid)
  })
})
