import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encryptKeystoreJson } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draft, EDITOR, EDITOR_KEY, edition, RELAYER, RELAYER_KEY, useChain } from './cli/on-chain.ts'

const run = promisify(execFile)
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const GUIDE = readFileSync(path('../docs/RELAYING.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!)
const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))

const PASSWORD = 'relaying'
const cwd = mkdtempSync(join(tmpdir(), 'trend-archive-relaying-'))
const { on, url } = useChain()

/** An account of the command line, under a name. */
async function keep(name: string, address: string, key: string): Promise<void> {
  const accounts = join(cwd, '.trend-archive', 'accounts')
  mkdirSync(accounts, { recursive: true })
  const account = { address, privateKey: `0x${key}` }
  writeFileSync(join(accounts, `${name}.json`), await encryptKeystoreJson(account, PASSWORD, { scrypt: { N: 2 } }))
}

beforeAll(async () => {
  await keep('relayer', RELAYER, RELAYER_KEY)
  await keep('editor', EDITOR, EDITOR_KEY)
  for (const slug of ['edge', 'rust', 'wasm', 'crdt', 'go']) writeFileSync(join(cwd, `${slug}.md`), draft(slug))
  mkdirSync(join(cwd, 'edition'))
  writeFileSync(join(cwd, 'edition', 'edition.md'), edition('spring'))
  for (const slug of ['edge', 'zig']) writeFileSync(join(cwd, 'edition', `${slug}.md`), draft(slug, 'It says more.'))
})

afterAll(() => rmSync(cwd, { recursive: true }))

/** What a shell makes of a line that begins `npx trend-archive`: words, quotes and names of files. */
function argumentsIn(line: string): readonly string[] {
  expect(line).toMatch(/^npx trend-archive [^|$;&<>`]*$/)
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!)
  return words.slice(2).flatMap((word) => (word.includes('*') ? globSync(word, { cwd }).toSorted() : [word]))
}

describe('the guide to relaying', () => {
  it('shows commands that work, in the order they are shown', async () => {
    const env = { TREND_ARCHIVE_PASSWORD: PASSWORD }
    const told: string[] = []
    let lastCid = ''
    for (const line of commands) {
      const { code, stdout, stderr } = await on(argumentsIn(line.replace('bagaaiera…', lastCid)), { cwd, env })
      expect([line, code, stderr]).toEqual([line, 0, stderr])
      told.push(`${stdout}${stderr}`)
      lastCid = /bagaaiera\w+/.exec(stdout)?.[0] ?? lastCid
    }
    const toldBy = (part: string): string => told[commands.findIndex((line) => line.includes(part))] ?? ''
    expect(commands.length).toBeGreaterThan(15)
    expect(toldBy('sign edge.md')).toMatch(/^signed {2}edge@1 {2}\w+ {2}edge@1\.trend-signed\.json\ngood until /)
    expect(toldBy('relay --dry-run')).toMatch(/^good {2}edge@1/)
    expect(told[2]).toMatch(/^relayed {2}edge@1/)
    expect(told[3]).toMatch(/^recorded already {2}edge@1/)
    expect(toldBy('verify edge')).toMatch(/^verified/)
    expect(toldBy('--deadline 2h')).toContain('as good as a key')
    expect(toldBy('retract bagaaiera…')).toMatch(/^retracted {2}rust@1/)
    expect(toldBy('editors add')).toContain('may publish until')
    expect(toldBy('/wasm')).toMatch(/^verified[\s\S]*by editor 0x7099/)
    expect(toldBy('--concern')).toMatch(/^concern voiced about {2}wasm@1/)
    expect(toldBy('editors disown')).toContain('disowned after 2026-05-01T00:00:00Z')
    expect(JSON.parse(toldBy('--typed-data').split('\n')[0] ?? '')).toMatchObject({ primaryType: 'Publish' })
    expect(toldBy('sign --out signed')).toMatch(/^signed {2}edge@2 .*\nsigned {2}spring@1 /)
    expect(told.at(-1)).toMatch(/^relayed {2}edge@2[\s\S]*relayed {2}spring@1/)
  })

  it('shows library code that works as it is', async () => {
    const [code = expect.fail('there is none')] = blocks('js')
    const script = `const rpcUrl = ${JSON.stringify(url())}
const publisherKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const relayerKey = '0x${RELAYER_KEY}'
${code.replace('trend-archive/node', path('../src/node.ts')).replace('trend-archive/ethers', path('../src/ethers.ts'))}
console.log(relayed.map(({ status, record }) => [status, record.editor].join(' ')).join(), relayed[0].envelope.named.document.slug)
`
    const file = join(cwd, 'example.mjs')
    writeFileSync(file, script)
    const { stdout } = await run(process.execPath, [file], { cwd })
    expect(stdout).toBe('relayed 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 signed-here\n')
  })
})
