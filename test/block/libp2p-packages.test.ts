import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { installed, PACKAGES } from '../../src/block/libp2p-packages.ts'

test('the packages that are asked for are the optional peers of this one, in their versions', () => {
  const { helia: _, '@a16z/helios': __, ...peers } = packageJson.peerDependencies
  const majors = Object.entries(peers).map(([name, range]) => [name, Number(/^\^(\d+)\./.exec(range)?.[1])])
  expect(PACKAGES).toEqual(Object.fromEntries(majors))
  expect(Object.keys(packageJson.peerDependenciesMeta)).toEqual(Object.keys(packageJson.peerDependencies))
})

test('a missing package is told with the command that installs all of them', async () => {
  const missing = async (): Promise<never> => {
    throw Object.assign(new Error("Cannot find package '@helia/libp2p'"), { code: 'ERR_MODULE_NOT_FOUND' })
  }
  const command = `npm i ${Object.entries(PACKAGES)
    .map((one) => one.join('@'))
    .join(' ')}`
  await expect(installed(missing)).rejects.toMatchObject({
    code: 'UNSUPPORTED_RUNTIME',
    details: { needs: command },
    hint: `install them with: ${command}`
  })
  expect(readFileSync(new URL('../../docs/PEERS.md', import.meta.url), 'utf8')).toContain(`\n${command}\n`)
})

test('a package that is there and fails is not taken for a missing one', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('out of order')
  }
  await expect(installed(broken)).rejects.toThrow('out of order')
})
