import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bytes32 } from '../../src/block/cid.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { httpRequest } from '../../src/registry/http.ts'
import { refOf } from '../../src/registry/ref.ts'
import {
  type ChainBlock,
  NONE,
  type Registry,
  type RegistryCall,
  type RegistryWriter
} from '../../src/registry/registry.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { rpcState } from '../../src/registry/rpc-state.ts'
import { stateRegistry } from '../../src/registry/state-registry.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { holding, waiting } from '../contract/block.ts'
import { contractOf, send } from '../contract/fixture.ts'
import { openAnvil } from './anvil.ts'

const evm = await openAnvil()
afterAll(evm.close)
beforeEach(evm.reset)

const CHAIN = 'eip155:31337'
const REF = refOf('a-trend')
const [FIRST, SECOND]: readonly [Bytes32, Bytes32] = [`0x${'d1'.repeat(32)}`, `0x${'d2'.repeat(32)}`]
const UNRECORDED = { publishedAt: 0, retractedAt: 0, editor: `0x${'0'.repeat(40)}` }

const open = async (index: number): Promise<Registry & RegistryWriter> =>
  await ethersRegistry({ chain: CHAIN, address: evm.address, signer: evm.wallets[index]! })
const publish = (
  { account: publisher }: RegistryWriter,
  digest: Bytes32 = FIRST,
  parent: Bytes32 = NONE
): RegistryCall => ({ verb: 'publish', publisher, ref: REF, digest, parent, tree: NONE })
const reorg = async (depth: number): Promise<void> => {
  await evm.request({ method: 'anvil_reorg', params: [depth, []] })
}
const unknownBlock = expect.objectContaining({
  code: 'REGISTRY_UNAVAILABLE',
  details: expect.objectContaining({ reason: 'unknown block' })
})

/** Everything that is read at a block. */
const readsOf = (
  registry: Registry,
  { account }: RegistryWriter,
  at: ChainBlock
): Readonly<Record<string, () => Promise<unknown>>> => ({
  record: async () => await registry.record(account, FIRST, [], at),
  'record in an edition': async () => await registry.record(account, FIRST, [SECOND], at),
  keyed: async () => await registry.keyed(account, leafOf(FIRST), at),
  head: async () => await registry.head(account, REF, at),
  notice: async () => await registry.notice(account, FIRST, at),
  editorUntil: async () => await registry.editorUntil(account, account, at)
})

const readers: Readonly<Record<string, () => Promise<Registry>>> = {
  'bare JSON-RPC': async () => rpcRegistry({ chain: CHAIN, address: evm.address, request: httpRequest(evm.url) }),
  'state proofs': async () =>
    stateRegistry({
      chain: CHAIN,
      address: evm.address,
      state: rpcState({ chain: CHAIN, request: httpRequest(evm.url) })
    }),
  ethers: async () =>
    await ethersRegistry({ chain: CHAIN, address: evm.address, signer: evm.wallets[1]!.connect(evm.connect(31337n)) })
}

describe.each(Object.entries(readers))('a reader by %s', (_, openReader) => {
  /** The block that recorded something, and who did. */
  async function recorded(reader: Registry): Promise<{ readonly publisher: RegistryWriter; readonly at: ChainBlock }> {
    const publisher = await open(0)
    await publisher.send([publish(publisher)])
    const at = await reader.block('latest')
    expect(await reader.record(publisher.account, FIRST, [], at)).toMatchObject({ publishedAt: at.timestamp })
    expect(await reader.head(publisher.account, REF, at)).toBe(FIRST)
    return { publisher, at }
  }

  test.each([
    ['replaced by another', 'anvil_reorg', [1, []]],
    ['taken back', 'anvil_rollback', [1]]
  ])('of a block that was %s is told that, and never that nothing is recorded', async (_, method, params) => {
    const reader = await openReader()
    const { publisher, at } = await recorded(reader)
    await evm.request({ method, params })
    for (const [name, read] of Object.entries(readsOf(reader, publisher, at))) {
      await expect(read(), name).rejects.toEqual(unknownBlock)
    }
    const latest = await reader.block('latest')
    expect(latest.hash).not.toBe(at.hash)
    expect(await reader.record(publisher.account, FIRST, [], latest)).toEqual(UNRECORDED)
    expect(await reader.head(publisher.account, REF, latest)).toBeUndefined()
  })

  test('of the block below a reorg is answered as before', async () => {
    const reader = await openReader()
    const { publisher, at } = await recorded(reader)
    const before = await Promise.all(Object.values(readsOf(reader, publisher, at)).map(async (read) => await read()))
    await publisher.send([{ verb: 'retract', node: leafOf(FIRST) }])
    await reorg(1)
    const after = await Promise.all(Object.values(readsOf(reader, publisher, at)).map(async (read) => await read()))
    expect(after).toEqual(before)
  })

  test('of a block that had been final is told as well', async () => {
    const reader = await openReader()
    const { publisher } = await recorded(reader)
    await evm.request({ method: 'anvil_mine', params: [70] })
    const final = await reader.block('finalized')
    expect(final.finality).toBe('final')
    expect(await reader.record(publisher.account, FIRST, [], final)).not.toEqual(UNRECORDED)
    await reorg(71)
    for (const [name, read] of Object.entries(readsOf(reader, publisher, final))) {
      await expect(read(), name).rejects.toEqual(unknownBlock)
    }
  })
})

describe('a writer', () => {
  test('whose version 1 is dropped while version 2 waits is told that there is nothing below', async () => {
    const [publisher, editor] = [await open(0), await open(1)]
    await send(contractOf(evm.address, evm.wallets[0]!), 'setEditor', editor.account, 4_000_000_000)
    await publisher.send([publish(publisher)])
    const fate = await holding(evm, async () => {
      const sending = Promise.allSettled([editor.send([publish(publisher, SECOND, FIRST)])])
      await expect.poll(async () => await waiting(evm), { interval: 10, timeout: 10_000 }).toBe(1)
      await reorg(1)
      await evm.mine()
      return await sending
    })
    expect(fate).toMatchObject([
      {
        status: 'rejected',
        reason: { code: 'REGISTRY_REJECTED', details: { reason: 'StaleParent', args: { ref: REF, head: NONE } } }
      }
    ])
    await publisher.send([publish(publisher)])
    await editor.send([publish(publisher, SECOND, FIRST)])
    const at = await editor.block('latest')
    expect(await editor.head(publisher.account, REF, at)).toBe(SECOND)
    expect(await editor.record(publisher.account, FIRST, [], at)).toMatchObject({ retractedAt: 0 })
  })

  test('sends again what a reorg took back, with the number that it gave back', async () => {
    const publisher = await open(0)
    const first = await publisher.send([publish(publisher)])
    await publisher.send([publish(publisher, SECOND, FIRST)])
    await reorg(2)
    const again = await publisher.send([publish(publisher)])
    expect(again.block.number).toBe(first.block.number + 2n)
    await publisher.send([publish(publisher, SECOND, FIRST)])
    const at = await publisher.block('latest')
    expect(await publisher.head(publisher.account, REF, at)).toBe(SECOND)
    expect(await publisher.record(publisher.account, FIRST, [], at)).toMatchObject({ retractedAt: 0 })
  })

  test('whose registry went with the blocks that brought it is told so, and not that it published', async () => {
    const publisher = await open(0)
    await publisher.send([publish(publisher)])
    await reorg(Number((await publisher.block('latest')).number))
    expect(await evm.provider.getCode(evm.address)).toBe('0x')
    const noCode = { code: 'REGISTRY_UNAVAILABLE', details: { reason: 'no code' } }
    await expect(publisher.send([publish(publisher)])).rejects.toMatchObject(noCode)
    const before = await evm.wallets[0]!.getNonce()
    await expect(publisher.send([publish(publisher)])).rejects.toMatchObject(noCode)
    expect(await evm.wallets[0]!.getNonce(), 'found out before it is sent').toBe(before)
  })
})
