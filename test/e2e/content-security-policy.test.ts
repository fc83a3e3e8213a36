import type { RequestListener } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADVICE, findChromium } from '../../scripts/chromium.ts'
import { editionTree } from '../../src/registry/tree.ts'
import { type Served, serve } from './published.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COUNT = 1000
/** What the page says of itself: the root of a tree, and what the policy refused on the way. */
interface Said {
  readonly root: string
  readonly refused: readonly string[]
}

let site: Served
let browser: Browser

beforeAll(async () => {
  const script = await bundled()
  site = await serve(siteWith(script))
  const executablePath = findChromium() ?? expect.fail(ADVICE)
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser?.close()
  await site?.stop()
})

const ours = editionTree(
  Array.from({ length: COUNT }, (_, i): `0x${string}` => `0x${i.toString(16).padStart(64, '0')}`)
)

test('a page whose policy allows WebAssembly makes trees with it', async () => {
  expect(await visit("script-src 'self' 'wasm-unsafe-eval'")).toEqual({ root: ours.root, refused: [] })
})

test('a page whose policy forbids WebAssembly makes the same trees, and asks only once', async () => {
  expect(await visit("script-src 'self'")).toEqual({ root: ours.root, refused: ['wasm-eval'] })
})

async function visit(policy: string): Promise<Said> {
  const page = await browser.newPage()
  const broken = new Promise<never>((_, reject) => page.once('pageerror', reject))
  try {
    await page.goto(`${site.url}/?${new URLSearchParams({ policy })}`)
    const said = await Promise.race([page.textContent('#said:not(:empty)'), broken])
    return JSON.parse(said ?? '') as Said
  } finally {
    await page.close()
  }
}

/** The package as a bundler gives it to a page: three trees, and what the browser reports. */
async function bundled(): Promise<string> {
  const contents = `
    import { editionTree } from './src/index.ts'
    const refused = []
    document.addEventListener('securitypolicyviolation', ({ blockedURI }) => refused.push(blockedURI))
    const digests = Array.from({ length: ${COUNT} }, (_, i) => '0x' + i.toString(16).padStart(64, '0'))
    const roots = new Set([1, 2, 3].map(() => editionTree(digests).root))
    setTimeout(() => { // a report comes after what it is about
      document.getElementById('said').textContent = JSON.stringify({ root: [...roots].join(), refused })
    }, 100)`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false
  })
  return outputFiles[0]!.text
}

/** A page under the policy that its address asks for. */
const siteWith =
  (script: string): RequestListener =>
  (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/page.js') {
      response.setHeader('content-type', 'text/javascript').end(script)
      return
    }
    response.setHeader('content-security-policy', searchParams.get('policy') ?? "default-src 'none'")
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>…</title><p id="said"></p><script type="module" src="/page.js"></script>')
  }
