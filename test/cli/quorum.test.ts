import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src/block/store.ts'
import { memoriesIn, watermarksIn } from '../../src/cli/watermarks.ts'
import { learned } from '../../src/verdict/memory.ts'
import { draft, useChain } from './on-chain.ts'
import { folder, json, NOWHERE, run, serve } from './shell.ts'

const chain = useChain()
const PUBLISHER = 'eip155:1:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

/** A node of its own in front of the chain, which may say something else. */
const node = async (lie: (method: string, result: unknown) => unknown = (_, result) => result): Promise<string> =>
  await serve(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { id, method, params } = JSON.parse(body)
    const result = await chain.tell(method, ...params)
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: lie(method, result) }))
  })

const published = async (): Promise<{ readonly cwd: string; readonly cid: string }> => {
  const cwd = folder({ 'edge.md': draft(`edge-${Math.random().toString(36).slice(2, 8)}`) })
  const { code, stdout, stderr } = await chain.on(['publish', 'edge.md', '--json'], { cwd })
  expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
  const [cid] = /bagaaiera[a-z2-7]+/.exec(stdout) ?? []
  return { cwd, cid: cid! }
}

test('several nodes are a quorum: all but one of three, and both of two', async () => {
  const { cwd, cid } = await published()
  const urls = [await node(), await node(), await node()]
  const three = await run(['verify', cid, '--rpc-url', urls.join(','), '--json'], { cwd })
  expect([three.code, json(three.stdout).trusted?.[0]]).toEqual([0, expect.stringMatching(/^2-of-3 rpc \(127/)])
  const two = await run(['verify', cid, '--rpc-url', urls[0]!, '--rpc-url', urls[1]!, '--json'], { cwd })
  expect(json(two.stdout).trusted?.[0]).toMatch(/^2-of-2 rpc/)
  const all = await run(['verify', cid, '--quorum', '3', '--json'], { cwd, env: { RPC_URL: urls.join(', ') } })
  expect(json(all.stdout).trusted?.[0]).toMatch(/^3-of-3 rpc/)
  expect(all.stderr).toContain('on one machine')
  const dead = await run(['verify', cid, '--rpc-url', `${urls[0]},${urls[1]},${NOWHERE}`], { cwd })
  expect(dead.code).toBe(0)
})

test('a node that says something else is named, with the question and both answers', async () => {
  const { cwd, cid } = await published()
  // Of a survey that is what nothing recorded and nothing named looks like, behind the digest of the code and the chain's id.
  const lying = await node((method, result) =>
    method === 'eth_call' && String(result).length > 130 ? `${String(result).slice(0, 130)}00` : result
  )
  const urls = [await node(), await node(), lying]
  const { code, stdout } = await run(['verify', cid, '--rpc-url', urls.join(',')], { cwd })
  expect(code).toBe(7)
  expect(stdout).toContain('  disputed  the record of 0x')
  expect(stdout).toContain(`    ${new URL(lying).host}: published in second 0`)
  const told = await run(['verify', cid, '--rpc-url', urls.join(','), '--json'], { cwd })
  expect(json(told.stdout).disagreement?.answers).toHaveLength(3)
})

test.each([
  [['--rpc-url', 'http://a.example/1,http://a.example/2'], 'of one host, a.example'],
  [['--rpc-url', 'http://a.example,ftp://b.example'], 'must begin with https:// or http://'],
  [['--quorum', '2'], 'is for several nodes'],
  [['--rpc-url', 'http://a.example,http://b.example', '--quorum', '3'], 'is a number from 1 to 2'],
  [['--rpc-url', 'http://a.example,http://b.example', '--quorum', '0'], 'is a number from 1 to 2']
])('refuses %j', async (argv, message) => {
  const { code, stderr } = await run(['networks', ...argv], { cwd: folder() })
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
})

test('init keeps several nodes and how many must agree', async () => {
  const cwd = folder()
  await run(['init', '--rpc-url', 'http://a.example,http://b.example,http://c.example', '--quorum', '3'], { cwd })
  const { stdout } = await run(['doctor', '--json'], { cwd })
  expect(stdout).toContain('3-of-3 rpc (a.example, b.example, c.example)')
})

test('flags ask for what a policy can ask for, and go before its file', async () => {
  const { cwd, cid } = await published()
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify({ standings: ['superseded'], trust: ['rpc'] }))
  const verify = async (...more: readonly string[]) => {
    const { code, stdout } = await chain.on(['verify', cid, ...more, '--json'], { cwd })
    return [code, json(stdout).checks?.['9' as never]?.name]
  }
  expect(await verify('--policy', 'policy.json')).toEqual([3, 'trust'])
  expect(await verify('--policy', 'policy.json', '--require-current')).toEqual([0, 'trust'])
  expect(await verify('--trust', 'quorum', '--trust', 'light-client')).toEqual([7, 'trust'])
  expect(await verify('--max-age', 'any')).toEqual([0, undefined])
  await chain.tell('evm_increaseTime', 0)
  expect(await verify('--max-age', '1000000000')).toEqual([0, undefined])
  for (const wrong of [
    ['--max-age', 'old'],
    ['--trust', 'me'],
    ['--timeout', '0']
  ]) {
    expect((await chain.on(['verify', cid, ...wrong], { cwd })).code).toBe(2)
  }
})

test('a verdict comes within the time that was asked for, though the node hangs', async () => {
  const { cwd, cid } = await published()
  const hanging = await serve(() => undefined)
  const start = performance.now()
  const { code, stdout } = await run(['verify', cid, '--rpc-url', hanging, '--timeout', '0.3'], { cwd })
  expect([code, performance.now() - start < 3_000]).toEqual([7, true])
  expect(stdout).toContain('not everything could be read within 300 ms')
})

test('doctor shows what is remembered, and verify forgets it when told to', async () => {
  const { cwd, cid } = await published()
  const store = openStore(join(cwd, '.trend-archive', 'archive.db'))
  const local = PUBLISHER.replace(':1:', ':31337:') as typeof PUBLISHER
  store.write({
    rows: new Map([
      [`watermark/${local}`, new TextEncoder().encode('999999999')],
      [`watermark/${PUBLISHER}`, new TextEncoder().encode('21000000')]
    ])
  })
  const memory = await watermarksIn(store).recall(PUBLISHER)
  expect(memory).toMatchObject({ marks: [{ number: 21_000_000n, weight: 1 }] })
  const violation = {
    number: 21_000_000n,
    remembered: { hash: `0x${'a'.repeat(64)}` as const, trust: 'rpc:a' },
    found: { hash: undefined, trust: 'rpc:b' },
    noticed: 5
  }
  const block = { number: 21_000_001n, hash: `0x${'c'.repeat(64)}` as const, timestamp: 7, finality: 'final' } as const
  const lesson = { accepted: block, slug: 'edge', named: 3, violation, trust: 'rpc:b', weight: 2, now: 9 }
  await watermarksIn(store).learn(PUBLISHER, (before) => learned(before, lesson))
  expect(await watermarksIn(store).recall(PUBLISHER)).toEqual(learned(memory, lesson))
  expect(memoriesIn(store).size).toBe(2)
  store.close()

  const { stdout } = await chain.on(['doctor'], { cwd })
  expect(stdout).toContain(`of ${PUBLISHER}: block 21000001 0xccc`)
  expect(stdout).toContain('edge@3; FINALITY VIOLATED at block 21000000: 0xaaa')
  expect((await chain.on(['verify', cid], { cwd })).code).toBe(7)
  expect((await chain.on(['verify', cid, '--forget'], { cwd })).code).toBe(0)
  expect((await chain.on(['verify', cid], { cwd })).code).toBe(0)
})

test('a machine under its other names is one voice', async () => {
  const { port } = new URL(await node())
  const urls = [`http://127.0.0.1:${port}`, `http://localhost:${port}`, `http://[::1]:${port}`]
  const { code, stderr } = await run(['verify', 'anything', '--rpc-url', urls.slice(0, 2).join(',')], { cwd: folder() })
  expect([code, stderr]).toEqual([2, expect.stringContaining('one voice')])
  expect((await run(['verify', 'anything', '--rpc-url', urls.slice(1).join(',')], { cwd: folder() })).code).toBe(2)
})

test('a key in the URL of a node is not told, though the node repeats it', async () => {
  const { cwd, cid } = await published()
  const key = 'canary-key-of-24-letters'
  const echoing = await serve(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const error = { code: 1, message: `no such key: /v2/${key}` }
    response.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, error }))
  })
  const { stdout, stderr } = await run(['verify', cid, '--rpc-url', `${new URL(echoing).origin}/v2/${key}`], { cwd })
  expect(stdout).toContain('no such key: /v2/[hidden]')
  expect(stdout + stderr).not.toContain(key)
})
