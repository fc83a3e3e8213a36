import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { folder, NOWHERE, serve } from './shell.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const HEAVY = /\/node_modules\/(ethers|helia|@helia|@libp2p|yaml)\/|^node:sqlite$/

/** Writes down the address of every module that is loaded. */
const SPY = `
  import { appendFileSync } from 'node:fs'
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      appendFileSync(process.env.LOADED, resolved.url + '\\n')
      return resolved
    }
  })
`

async function loadedBy(argv: readonly string[], cwd: string): Promise<readonly string[]> {
  const log = join(cwd, 'loaded.txt')
  const spy = `data:text/javascript,${encodeURIComponent(SPY)}`
  const env = { ...process.env, LOADED: log, TREND_ARCHIVE_HOME: join(cwd, 'none') }
  await promisify(execFile)(process.execPath, ['--import', spy, CLI, ...argv], { cwd, env }).catch(() => undefined)
  return [...new Set(readFileSync(log, 'utf8').trim().split('\n'))]
}

const heavy = (urls: readonly string[]): readonly string[] => [
  ...new Set(
    urls.flatMap(
      (url) =>
        HEAVY.exec(url)
          ?.slice(1, 2)
          .map((name) => name ?? url) ?? []
    )
  )
]

test.each([
  ['encode', ['encode', '--any', 'x.json']],
  ['networks', ['networks']],
  ['help', []],
  ['diff of files', ['diff', 'x.json', 'x.json']],
  ['status', ['status', 'x.json', '--rpc-url', NOWHERE]]
])('%s loads neither ethers nor Helia nor the store', async (_, argv) => {
  const loaded = await loadedBy(argv, folder({ 'x.json': '{"title":"T","body":"b"}' }))
  expect(loaded.some((url) => url.endsWith('/src/cli/main.ts'))).toBe(true)
  expect(heavy(loaded)).toEqual([])
})

test('verify with a gateway and a node loads neither ethers nor Helia nor the store', async () => {
  const url = await serve((_, response) => response.writeHead(404).end())
  const cid = 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'
  const loaded = await loadedBy(['verify', cid, '--gateway', url, '--rpc-url', NOWHERE], folder())
  expect(loaded.some((module) => module.endsWith('/block/gateway.ts'))).toBe(true)
  expect(heavy(loaded)).toEqual([])
})

test('the spy sees what is heavy where it is needed', async () => {
  const loaded = await loadedBy(['deploy', '--rpc-url', NOWHERE], folder())
  expect(heavy(loaded)).toEqual(['ethers'])
  expect(heavy(await loadedBy(['init', '--archive', '.'], folder()))).toEqual(['node:sqlite'])
})
