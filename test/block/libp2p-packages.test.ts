import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { installed, PEER, PUBLIC, SWARM } from '../../src/block/libp2p-packages.ts'

const missing = async (): Promise<never> => {
  throw Object.assign(new Error("Cannot find package '@helia/libp2p'"), { code: 'ERR_MODULE_NOT_FOUND' })
}

test('the packages that are asked for are the optional peers of this one, in their versions', () => {
  const { helia: _, ...peers } = packageJson.peerDependencies
  const majors = Object.entries(peers).map(([name, range]) => [name, Number(/^\^(\d+)\./.exec(range)?.[1])])
  expect({ ...PEER, ...SWARM, ...PUBLIC }).toEqual(Object.fromEntries(majors))
  expect(Object.keys(packageJson.peerDependenciesMeta)).toEqual(Object.keys(packageJson.peerDependencies))
})

test('a missing package is told with the command that installs what this node needs, and no more', async () => {
  const told = async (needs: Parameters<typeof installed>[0]): Promise<string> =>
    await installed(needs, missing).catch(
      (error: { readonly details: { readonly needs: string } }) => error.details.needs
    )
  const closed = await told({})
  expect(closed).toMatch(/^npm i @helia\/bitswap@4 @helia\/libp2p@2 /)
  expect(closed).not.toMatch(/pnet|kad-dht/)
  expect(await told({ swarmKey: 'given' })).toMatch(/ @libp2p\/pnet@3$/)
  expect(await told({ dht: {} })).toMatch(/ @libp2p\/kad-dht@16 @libp2p\/ping@3$/)
  await expect(installed({}, missing)).rejects.toMatchObject({
    code: 'UNSUPPORTED_RUNTIME',
    hint: `install them with: ${closed}`
  })
})

test('a package that is there and fails is not taken for a missing one', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('out of order')
  }
  await expect(installed({}, broken)).rejects.toThrow('out of order')
})
