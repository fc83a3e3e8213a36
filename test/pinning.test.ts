import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { toBlock } from '../src/block/block.ts'
import { parseCid } from '../src/block/cid.ts'
import { TOKEN, usePinningService } from './block/mock-pinning-service.ts'
import { useGateway } from './block/raw-gateway.ts'
import { useS3 } from './block/s3.ts'
import { DEV, draft, useChain } from './cli/on-chain.ts'

const run = promisify(execFile)
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const GUIDE = readFileSync(path('../docs/PINNING.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!)

const cwd = mkdtempSync(join(tmpdir(), 'trend-archive-pinning-'))
const [{ on, url }, service, gateway, s3] = [useChain(), usePinningService(), useGateway(), useS3()]
afterAll(() => rmSync(cwd, { recursive: true }))

/** The services that the guide names are those that run here. */
const here = (text: string): string =>
  text
    .replaceAll('https://api.pinata.cloud/psa', service.url())
    .replaceAll('https://gateway.example', gateway.url())
    .replaceAll('https://s3.eu-central-1.amazonaws.com', s3.endpoint())

const ENV = { PINATA_JWT: TOKEN, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }

describe('the guide to pinning', () => {
  it('shows commands that work, in the order they are shown', async () => {
    writeFileSync(join(cwd, 'first.md'), draft('first'))
    writeFileSync(join(cwd, 'report.md'), draft('report'))
    const published = await on(['publish', 'first.md', '--json'], { cwd })
    const { cid } = JSON.parse(published.stdout).documents[0]
    const resolved = await on(['resolve', 'first'], { cwd })
    const block = await toBlock(JSON.parse(resolved.stdout))
    expect(parseCid(cid).equals(block.cid)).toBe(true)
    gateway.serve(block)
    const commands = blocks('sh').flatMap((text) => text.trim().split('\n'))
    expect(commands.length).toBeGreaterThan(8)
    // A service that was asked has it a moment later.
    const settling = setInterval(() => service.settle('pinned'), 50)
    const told: string[] = []
    for (const line of commands) {
      expect(line).toMatch(/^npx trend-archive [^|$;&<>`]*$/)
      const argv = here(line.replace('bagaaiera…', cid)).split(' ').slice(2)
      const { code, stdout, stderr } = await on(argv, { cwd, env: ENV })
      expect([line, code, stderr]).toEqual([line, 0, stderr])
      told.push(`${stdout}${stderr}`)
    }
    clearInterval(settling)
    const toldBy = (part: string): string => told[commands.findIndex((line) => line.includes(part))] ?? ''
    expect(toldBy('--to pinata --wait')).toMatch(/here · pinata, checked/)
    expect(toldBy('list --held')).toMatch(/first@1 .* here · pinata, checked/)
    expect(toldBy('--to backup')).toMatch(/here · backup, checked .* · pinata, checked/)
    expect(toldBy('publish report.md')).toContain('held by 2 independent sinks: this machine; backup')
    expect(toldBy('unpin')).toMatch(/^unpinned {2}first@1/)
  })

  it('shows library code that works as it is', async () => {
    const [code = expect.fail('there is none')] = blocks('js')
    const { endpoint, bucket, credentials } = s3.bucket()
    expect(bucket).toBe('trends')
    const given = {
      endpoint,
      credentials,
      serviceUrl: service.url(),
      token: TOKEN,
      rpcUrl: url(),
      folder: join(cwd, 'own')
    }
    const script = `const { ${Object.keys(given).join(', ')} } = ${JSON.stringify(given)}
const [publisher, key] = ['${DEV}', '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80']
${code.replace('trend-archive/node', path('../src/node.ts'))}`
    writeFileSync(join(cwd, 'example.mjs'), script)
    const { stdout } = await run(process.execPath, [join(cwd, 'example.mjs')], { cwd })
    expect(stdout).toMatch(/^0 backup: pinned(?:,pinner: queued)?\n$/)
  })
})
