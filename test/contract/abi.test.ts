import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { getCreate2Address, Interface, keccak256 } from 'ethers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { selectors, topics, trendRegistryAbi } from '../../src/registry/abi.ts'
import { ADDRESS, CODE_DIGEST, creationCode, PROXY, SALT } from '../../src/registry/bytecode.ts'
import { deployments } from '../../src/registry/deployments.ts'

const run = promisify(execFile)
const FILES = ['src/registry/abi.ts', 'src/registry/bytecode.ts', 'contracts/verification', 'deployments.json']
const check = async (
  folder: string
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> => {
  const args = ['scripts/abi.ts', '--check', '--folder', folder]
  const env = { ...process.env, HARDHAT_DISABLE_TELEMETRY: 'true' }
  return await run(process.execPath, args, { env }).then(
    (ran) => ({ code: 0, ...ran }),
    (ran: { code: number; stdout: string; stderr: string }) => ran
  )
}

describe('what is generated from the contracts', () => {
  // Compiles everything twice, which takes its time on a machine that has other things to do.
  test('is what they compile to now, and a difference is told', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abi-'))
    onTestFinished(async () => await rm(folder, { recursive: true }))
    for (const name of FILES) await cp(name, join(folder, name), { recursive: true })
    const { code, stdout, stderr } = await check(folder)
    expect(code, stderr).toBe(0)
    expect(stdout.trim()).toBe(`${ADDRESS} ${CODE_DIGEST}`)
    const changes = [
      ['src/registry/abi.ts', 'AlreadyRecorded', 'AlreadyRecord'],
      ['contracts/verification/TrendRegistry.json', 'No owner', 'An owner'],
      ['deployments.json', '"latest"', '"finalized"']
    ] as const
    for (const [name, from, to] of changes) {
      const file = join(folder, name)
      await writeFile(file, (await readFile(file, 'utf8')).replace(from, to))
    }
    const drifted = await check(folder)
    expect([drifted.code, drifted.stdout.trim()]).toEqual([1, ''])
    for (const [name] of changes) expect(drifted.stderr).toContain(`${join(folder, name)} is not what contracts/`)
    expect(drifted.stderr).not.toContain('bytecode.ts is not')
  })

  test('has the selectors and topics of the ABI', () => {
    const parsed = new Interface(trendRegistryAbi)
    parsed.forEachFunction(({ name, selector }) => expect(selectors).toHaveProperty(name, selector))
    parsed.forEachEvent(({ name, topicHash }) => expect(topics).toHaveProperty(name, topicHash))
    const names = trendRegistryAbi.map(({ name }) => name).sort()
    expect(names).toEqual([
      ...['AlreadyRecorded', 'AlreadyRetracted', 'BadSignature', 'EditorSet', 'Expired', 'NotEditor', 'Pointed'],
      ...['Published', 'Retracted', 'StaleParent', 'ZeroDigest', 'ZeroRef'],
      ...['editors', 'heads', 'leafOf', 'multicall', 'point', 'publish', 'publishFor', 'records', 'retract'],
      ...['setEditor', 'verify']
    ])
  })

  test('leads to the address in the address book', () => {
    expect(getCreate2Address(PROXY, SALT, keccak256(creationCode)).toLowerCase()).toBe(ADDRESS)
    for (const { address } of Object.values(deployments)) expect(address).toBe(ADDRESS)
    expect(deployments['eip155:31337']).toMatchObject({ tag: 'latest', test: true })
  })
})
