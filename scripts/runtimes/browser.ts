import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { chromium as driver, type Page } from 'playwright-core'
import { type Served, serve } from '../../test/e2e/published.ts'
import { findChromium } from '../chromium.ts'
import type { Runtime, Told } from './runtime.ts'
import type { World } from './world.ts'

/** A name that leads here, and that no browser takes for this machine. */
const INSECURE = 'insecure.test'
const MAP = {
  imports: {
    'trend-archive/verify': '/node_modules/trend-archive/dist/verify.js',
    'trend-archive/verify/proof': '/node_modules/trend-archive/dist/verify-proof.js',
    '@noble/hashes/': '/node_modules/@noble/hashes/'
  }
}

export const chromium: Runtime = {
  name: 'Chromium',
  run:
    findChromium() === undefined
      ? undefined
      : async (world, consumer) =>
          await onPage(
            consumer,
            ({ url }) => url,
            async (page) => await call<Told>(page, 'judge', world)
          )
}

/** What is wrong with what the doors say on a page of an insecure origin, in words. */
export async function faultsOnInsecurePage(world: World, consumer: string): Promise<readonly string[]> {
  const insecure = ({ url }: Served): string => url.replace('127.0.0.1', INSECURE)
  return await onPage(consumer, insecure, async (page) => {
    if (await page.evaluate('isSecureContext')) return ['the page is one of a secure origin']
    const told = await call<Readonly<Record<string, Refusal>>>(page, 'refusal', world)
    return Object.entries(told)
      .filter(([, { code, hint }]) => code !== 'UNSUPPORTED_RUNTIME' || !/https/.test(hint ?? ''))
      .map(([verb, { code, hint, status }]) => `${verb} says ${code ?? status}, ${hint ?? 'without a hint'}`)
  })
}

interface Refusal {
  readonly code?: string | undefined
  readonly hint?: string | undefined
  readonly status?: string | undefined
}

async function onPage<Result>(
  consumer: string,
  address: (site: Served) => string,
  work: (page: Page) => Promise<Result>
): Promise<Result> {
  const site = await serve(siteOf(consumer))
  const args = ['--no-sandbox', `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`]
  const browser = await driver.launch({ executablePath: findChromium()!, args })
  try {
    const page = await browser.newPage()
    await page.goto(address(site))
    return await work(page)
  } finally {
    await browser.close()
    await site.stop()
  }
}

const call = async <Result>(page: Page, verb: string, world: World): Promise<Result> =>
  (await page.evaluate(`import('/program.js').then((program) => program.${verb}(${JSON.stringify(world)}))`)) as Result

/** The consumer's folder, and a page with a map in place of a bundler. */
function siteOf(consumer: string): RequestListener {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html')
      response.end(`<!doctype html><title>a page</title><script type="importmap">${JSON.stringify(MAP)}</script>`)
      return
    }
    readFile(join(consumer, pathname)).then(
      (bytes) => response.setHeader('content-type', 'text/javascript').end(bytes),
      () => response.writeHead(404).end()
    )
  }
}
