import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { getCreate2Address, Interface, keccak256 } from 'ethers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { selectors, topics, trendRegistryAbi } from '../../src/registry/abi.ts'
import { ADDRESS, creationCode, PROXY, SALT } from '../../src/registry/bytecode.ts'
import { deployments } from '../../src/registry/deployments.ts'

const run = promisify(execFile)
const check = async (folder: string): Promise<{ readonly code: number; readonly stderr: string }> => {
  const args = ['scripts/abi.ts', '--check', '--folder', folder]
  const env = { ...process.env, HARDHAT_DISABLE_TELEMETRY: 'true' }
  return await run(process.execPath, args, { env }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr })
  )
}

describe('what is generated from the contracts', () => {
  test('is what they compile to now, and a difference is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abi-'))
    onTestFinished(async () => await rm(folder, { recursive: true }))
    for (const name of ['abi.ts', 'bytecode.ts']) await copyFile(`src/registry/${name}`, join(folder, name))
    const { code, stderr } = await check(folder)
    expect(code, stderr).toBe(0)
    const file = join(folder, 'abi.ts')
    await writeFile(file, (await readFile(file, 'utf8')).replace('AlreadyRecorded', 'AlreadyRecord'))
    const drifted = await check(folder)
    expect(drifted.code).toBe(1)
    expect(drifted.stderr).toContain(`${file} is not what contracts/ compiles to`)
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
    expect(deployments['eip155:31337']).toMatchObject({ address: ADDRESS, tag: 'latest', test: true })
  })
})
