import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { type DevChain, startDevChain } from '../../scripts/dev-chain.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { type Ran, type RunOptions, run } from './shell.ts'

/** The first account of the dev chain, who acts where nobody is named. */
export const DEV = 'eip155:31337:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
export const DEV_ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
/** The second one. */
export const EDITOR = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
export const EDITOR_KEY = '59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
/** The third one, who pays. */
export const RELAYER_KEY = '5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a'
export const RELAYER = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'

export interface Chain {
  /** A command line on the chain, as an account if not the first. */
  readonly on: (argv: readonly string[], options: RunOptions & { readonly key?: string }) => Promise<Ran>
  readonly tell: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  /** The time of the newest block, in seconds. */
  readonly now: () => Promise<number>
  readonly url: () => string
}

/** A chain with the registry for the tests of one file. */
export function useChain(): Chain {
  const state = mkdtempSync(join(tmpdir(), 'trend-archive-chain-'))
  let chain: DevChain
  beforeAll(async () => {
    chain = await startDevChain({ stateFile: join(state, 'chain.json') })
    const { code } = await run(['deploy', '--rpc-url', chain.url], { cwd: state })
    expect(code).toBe(0)
  })
  afterAll(async () => {
    await chain.stop()
    rmSync(state, { recursive: true, force: true })
  })
  const tell: Chain['tell'] = async (method, ...params) => await httpRequest(chain.url)({ method, params })
  return {
    tell,
    url: () => chain.url,
    async on(argv, { key, ...options }) {
      const env = { RPC_URL: chain.url, ...(key !== undefined && { PRIVATE_KEY: key }), ...options.env }
      return await run(argv, { ...options, env })
    },
    async now() {
      const block = (await tell('eth_getBlockByNumber', 'latest', false)) as { readonly timestamp: string }
      return Number(block.timestamp)
    }
  }
}

export const draft = (slug: string, text = 'It says something.', more = ''): string =>
  `---\nslug: ${slug}\ntitle: About ${slug}\npublished: '2025-06-01T09:00:00Z'\n${more}---\n${text}\n`

export const edition = (slug: string): string =>
  `---\ntype: edition\nslug: ${slug}\ntitle: ${slug}\npublished: '2025-06-01T09:00:00Z'\n---\n`
