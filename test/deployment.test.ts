import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import solc from 'solc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { type DevChain, startDevChain } from '../scripts/dev-chain.ts'
import { ADDRESS, CODE_DIGEST, PROXY, SALT } from '../src/registry/bytecode.ts'
import { deployments } from '../src/registry/deployments.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const GUIDE = readFileSync(join(ROOT, 'docs/DEPLOYMENT.md'), 'utf8')
const linesOf = (language: string): readonly string[] =>
  [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].flatMap(([, text]) =>
    text!.trim().split('\n')
  )

const folder = mkdtempSync(join(tmpdir(), 'trend-archive-deployment-'))
let chain: DevChain

/** A folder that looks like a clone after `npm ci`, with its `npx`, so that nothing is written into this one. */
beforeAll(async () => {
  chain = await startDevChain({ stateFile: join(folder, 'chain.json') })
  for (const name of [
    'contracts',
    'deployments.json',
    'hardhat.config.ts',
    'node_modules',
    'package.json',
    'scripts',
    'src',
    'tsconfig.json'
  ]) {
    symlinkSync(join(ROOT, name), join(folder, name))
  }
  mkdirSync(join(folder, 'bin'))
  const npx = join(folder, 'bin', 'npx')
  writeFileSync(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(ROOT, 'src/cli.ts')}" "$@"\n`)
  chmodSync(npx, 0o755)
})

afterAll(async () => {
  await chain.stop()
  rmSync(folder, { recursive: true })
})

describe('the guide to deployment', () => {
  test('shows commands that work, in the order they are shown', async () => {
    const path = `${join(folder, 'bin')}${delimiter}${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}`
    const env = { ...process.env, HARDHAT_DISABLE_TELEMETRY: 'true', RPC_URL: chain.url, PATH: path }
    const outputs: [string, string][] = []
    for (const line of linesOf('sh')) {
      const { stdout } = await run('sh', ['-c', line], { cwd: folder, env })
      outputs.push([line, stdout.trim()])
    }
    const said = (line: string): readonly string[] =>
      outputs.filter(([one]) => one === line).map(([, stdout]) => stdout)
    const starting = (start: string): readonly string[] =>
      outputs.filter(([one]) => one.startsWith(start)).map(([, stdout]) => stdout)
    expect(said('npx trend-archive deploy --dry-run')).toEqual([
      expect.stringMatching(/not there yet.*dry run: nothing was sent/s)
    ])
    expect(said('npx trend-archive deploy')).toEqual([
      expect.stringMatching(/^deployed/),
      expect.stringMatching(/^already there/)
    ])
    expect(said('npx trend-archive doctor')).toEqual([expect.stringContaining(`${ADDRESS} has the registry's code`)])
    expect(said('npm run -s abi -- --check')).toEqual([`${ADDRESS} ${CODE_DIGEST}`])
    expect(starting('node -p "const { contracts }')).toEqual([CODE_DIGEST])
    expect(said('npx trend-archive networks')[0]).toContain(ADDRESS)
    const request = JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8'))
    const input = JSON.parse(readFileSync(join(ROOT, 'contracts/verification/TrendRegistry.json'), 'utf8'))
    expect(request.stdJsonInput).toEqual(input)
    expect(solc.version()).toContain(request.compilerVersion)
    expect(request.contractIdentifier).toBe(
      Object.entries(input.settings.outputSelection).map(
        ([file, names]) => `${file}:${Object.keys(names as object)[0]}`
      )[0]
    )
  })

  test('asks for the network only in what it does not claim to run here', () => {
    expect(linesOf('bash').length).toBeGreaterThan(5)
    for (const line of linesOf('bash')) expect(line).toContain('https://')
    for (const line of linesOf('sh')) expect(line).not.toContain('https://')
  })

  test('names the one address, the one code, and no other', () => {
    for (const constant of [ADDRESS, CODE_DIGEST, SALT, PROXY]) expect(GUIDE).toContain(constant)
    expect(new Set(GUIDE.match(/0x[0-9a-f]{64}\b/g))).toEqual(new Set([CODE_DIGEST, SALT]))
    expect(new Set(GUIDE.match(/0x[0-9a-f]{40}\b/g))).toEqual(new Set([ADDRESS, PROXY]))
  })

  test('explains every field that the address book may have', () => {
    const source = readFileSync(join(ROOT, 'src/registry/deployments.ts'), 'utf8')
    const [, fields = ''] = /interface Deployment \{\n(.*?)^\}/ms.exec(source) ?? []
    const names = [...fields.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThanOrEqual(Object.keys(deployments['eip155:31337']!).length)
    for (const name of names) expect(GUIDE).toContain(`| \`${name}\` |`)
  })

  test('names scripts that there are', () => {
    for (const [, name] of GUIDE.matchAll(/npm run (?:-s )?([a-z:]+)/g))
      expect(packageJson.scripts).toHaveProperty(name!)
  })
})
