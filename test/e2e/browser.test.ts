import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../scripts/build.ts'
import { ADVICE, findChromium } from '../../scripts/chromium.ts'
import { type Published, publishOne, type Served, serve } from './published.ts'

/** Plain http, and no name of this machine: a page from there is not from a secure origin. */
const INSECURE_HOST = 'archive.test'
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let folder: string
let published: Published
let site: Served
let browser: Browser

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trend-archive-browser-'))
  await build(join(folder, 'dist'))
  published = await publishOne(join(folder, 'chain.json'))
  site = await serve(siteOf(folder))
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`]
  })
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await site?.stop()
  await published?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('the page of examples/verify-browser', () => {
  test('verifies a published document with the packed package and nothing else', async () => {
    const { title, status, checks } = await visit(published.gateway)
    expect(status).toBe('verified')
    expect(title).toBe(published.title)
    expect(checks).toContain('integrity: pass, trusting nobody')
  })

  test('does not fall for a gateway that changes a bit', async () => {
    const { title, status } = await visit(published.liar)
    expect(status).toBe('inconclusive')
    expect(title).toBe(String(published.cid))
  })

  test('says what is missing where its origin is not secure, and asks nobody in vain', async () => {
    const url = site.url.replace('127.0.0.1', INSECURE_HOST)
    await expect(visit(published.gateway, url)).rejects.toThrow('no crypto.subtle here')
  })
})

async function visit(
  gateway: string,
  url: string = site.url
): Promise<{ title: string; status: string; checks: string }> {
  const page = await browser.newPage()
  // A module that does not load is told as an error of the page, and nothing would ever settle.
  const broken = new Promise<never>((_, reject) => page.once('pageerror', reject))
  try {
    const query = new URLSearchParams({ cid: String(published.cid), gateway, rpc: published.rpc })
    await page.goto(`${url}/index.html?${query}`)
    const settled = page.waitForFunction("document.getElementById('status').textContent !== 'checking'")
    await Promise.race([settled, broken])
    const text = async (id: string): Promise<string> => (await page.textContent(`#${id}`)) ?? ''
    return { title: await text('title'), status: await text('status'), checks: await text('checks') }
  } finally {
    await page.close()
  }
}

/** The example's folder as `npm i trend-archive` would leave it. */
function siteOf(built: string): RequestListener {
  const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const file = pathname.startsWith('/node_modules/trend-archive/')
      ? join(built, pathname.slice('/node_modules/trend-archive/'.length))
      : join(ROOT, pathname.startsWith('/node_modules/') ? '' : 'examples/verify-browser', pathname)
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end()
      return
    }
    response.setHeader('content-type', types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
    response.end(readFileSync(file))
  }
}

function chromiumPath(): string {
  const found = findChromium()
  if (found === undefined) throw new Error(ADVICE)
  return found
}
