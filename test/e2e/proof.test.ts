import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADVICE, findChromium } from '../../scripts/chromium.ts'
import vectors from '../vectors/bundles.json' with { type: 'json' }
import { type Served, serve } from './published.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let site: Served
let browser: Browser
let script: string

beforeAll(async () => {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(ADVICE)
  const { outputFiles } = await build({
    entryPoints: ['src/verify-proof.ts'],
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    globalName: 'door',
    write: false
  })
  script = outputFiles[0]!.text
  site = await serve((_, response) => response.setHeader('content-type', 'text/html').end('<title>a page</title>'))
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await site?.stop()
})

test('a page judges every proof as Node does, and asks nobody for it', async () => {
  const page = await browser.newPage()
  await page.goto(site.url)
  await page.addScriptTag({ content: script })
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  for (const { story, file, block, status, standing } of vectors.bundles) {
    const judged = await page.evaluate(`(async () => {
      const bytes = Uint8Array.from(atob('${file}'), (letter) => letter.charCodeAt(0))
      const { status, standing } = await door.verifyBundle(bytes, { blockHash: '${block.hash}' })
      return [status, standing]
    })()`)
    expect(judged, story).toEqual([status, standing])
  }
  expect(asked).toEqual([])
}, 60_000)
