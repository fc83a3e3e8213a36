import { describe, expect, test } from 'vitest'
import { serveRpc } from '../registry/server.ts'
import { DEV, draft, useChain } from './on-chain.ts'
import { folder, json } from './shell.ts'

const { on, tell, url } = useChain()
/** A document that stands, or was taken back. */
async function published(slug: string, isRetracted = false): Promise<{ readonly cwd: string; readonly cid: string }> {
  const cwd = folder({ 'a.md': draft(slug) })
  const { stdout } = await on(['publish', 'a.md'], { cwd })
  const cid = String(/bagaaiera\w+/.exec(stdout)?.[0])
  if (isRetracted) await on(['retract', cid], { cwd })
  return { cwd, cid }
}

const newest = async (): Promise<string> =>
  ((await tell('eth_getBlockByNumber', 'latest', false)) as { readonly hash: string }).hash

describe('verify by proofs', () => {
  test('judges as it does without, and says that the node is trusted for the block', async () => {
    const { cwd, cid } = await published('proven')
    const taken = await published('taken-back', true)
    const { code, stdout } = await on(['verify', cid, '--proof', '--json'], { cwd })
    const plain = json((await on(['verify', cid, '--json'], { cwd })).stdout)
    const verdict = json(stdout)
    const { host } = new URL(url())
    expect([code, plain.trusted]).toEqual([0, [`rpc:${host}`]])
    expect(verdict).toMatchObject({ status: 'verified', trusted: [`state proof, block hash from rpc:${host}`] })
    expect(verdict.recorded).toEqual(plain.recorded)
    expect((await on(['verify', taken.cid, '--proof'], { cwd: taken.cwd })).code).toBe(3)
    expect((await on(['verify', `${DEV}/proven@1`, '--proof'], { cwd })).code).toBe(0)
  })

  test('rests on a block that the caller names', async () => {
    const { cwd } = await published('named')
    const hash = await newest()
    const { code, stdout } = await on(
      ['verify', 'named', '--block-hash', hash.toUpperCase().replace('0X', '0x'), '--json'],
      { cwd }
    )
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({
      status: 'verified',
      trusted: ['state proof, block hash given by you'],
      chain: { block: { hash }, finality: 'final' }
    })
  })

  test('says nothing at a block that nobody knows, and refuses a hash that is none', async () => {
    const { cwd, cid } = await published('unknown')
    const unknown = await on(['verify', cid, '--block-hash', `0x${'ab'.repeat(32)}`], { cwd })
    expect(unknown).toMatchObject({ code: 7, stdout: expect.stringContaining('there is no block') })
    const none = await on(['verify', cid, '--block-hash', '0x12'], { cwd })
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no hash of a block') })
  })

  test('finds out a node that lies', async () => {
    const { cwd, cid: retracted } = await published('hidden', true)
    const { url: liar } = await serveRpc(async (method, params) => {
      const answer = await tell(method, ...params)
      // Whatever is asked of the contract, it is what a retraction would hide.
      if (method !== 'eth_getProof') return method === 'eth_call' ? hiding(answer) : answer
      const { storageProof, ...account } = answer as { readonly storageProof: readonly object[] }
      return { ...account, storageProof: storageProof.map((one) => ({ ...one, value: '0x0', proof: [] })) }
    })
    const at = (...more: readonly string[]) => on(['verify', retracted, ...more, '--rpc-url', liar.href], { cwd })
    expect((await at()).code).toBe(0)
    expect(await at('--proof')).toMatchObject({ code: 7, stdout: expect.stringContaining('a proof does not hold') })
    expect((await at('--block-hash', await newest())).code).toBe(7)
  })
})

/** Where the survey of one document begins: behind the digest of the code and the id of the chain. */
const HEADER = 2 + 2 * 64
const [PUBLISHED_AND_RETRACTED, RETRACTED] = [0x03, 0x02]

/** What a survey answers of a document that was taken back, without the flag and the five bytes that say so. */
function hiding(answer: unknown): unknown {
  if (typeof answer !== 'string' || answer.length <= HEADER) return answer
  const flags = Number.parseInt(answer.slice(HEADER, HEADER + 2), 16)
  if ((flags & PUBLISHED_AND_RETRACTED) !== PUBLISHED_AND_RETRACTED) return answer
  const [before, published] = [answer.slice(0, HEADER), answer.slice(HEADER + 2, HEADER + 12)]
  return `${before}${(flags & ~RETRACTED).toString(16).padStart(2, '0')}${published}${answer.slice(HEADER + 22)}`
}
