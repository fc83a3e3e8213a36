/**
 * Records headers and state proofs from real EVMs: `node scripts/state-vectors.ts`. They are kept as they were recorded, as
 * a chain stamps its blocks with the time.
 */
import { writeFileSync } from 'node:fs'
import type { Bytes32 } from '../src/block/cid.ts'
import { ethersRegistry } from '../src/registry/ethers.ts'
import { headerFromJson } from '../src/registry/json-header.ts'
import { toBytes32 as toHex } from '../src/registry/keccak.ts'
import { refOf } from '../src/registry/ref.ts'
import { NONE, type RegistryCall } from '../src/registry/registry.ts'
import { editorSlot, headSlot, recordSlot } from '../src/registry/slots.ts'
import { leafOf } from '../src/registry/tree.ts'
import { openAnvil } from '../test/registry/anvil.ts'
import { type Evm, openBareChain, openHardhat } from '../test/registry/evm.ts'

const CHAIN = 'eip155:31337'
const digest = (n: number): Bytes32 => `0x${n.toString(16).padStart(64, '5')}`
const FORKS = ['london', 'merge', 'shanghai', 'cancun', 'prague', 'osaka'] as const

type Json = Readonly<Record<string, unknown>>

/** A block as the node tells it, without what is not of its header, and the header's RLP. */
async function headerAt(request: Evm['request'], height: string): Promise<Json> {
  const block = (await request({ method: 'eth_getBlockByNumber', params: [height, false] })) as Json
  const { transactions, uncles, withdrawals, size, totalDifficulty, ...json } = block
  return { hash: json.hash, rlp: toHex(headerFromJson(json)!), json }
}

async function recorded(name: string, evm: Evm): Promise<Json> {
  const account = async (i: number) =>
    await ethersRegistry({ chain: CHAIN, address: evm.address, signer: evm.wallets[i]! })
  const [publisher, editor] = [await account(0), await account(1)]
  const publish = (n: number, ref: Bytes32 = NONE): RegistryCall => ({
    verb: 'publish',
    publisher: publisher.account,
    ref,
    digest: digest(n),
    parent: NONE,
    tree: NONE
  })
  const [ref, other] = [refOf('a-trend'), refOf('another')]
  await publisher.send([publish(1, ref), ...Array.from({ length: 20 }, (_, i) => publish(100 + i))])
  await publisher.send([{ verb: 'setEditor', editor: editor.account, until: 4_000_000_000n }])
  await editor.send([publish(2)])
  await publisher.send([{ verb: 'retract', node: leafOf(digest(1)) }])
  const slots: Readonly<Record<string, Bytes32>> = {
    'a record that was retracted': recordSlot(publisher.account, leafOf(digest(1))),
    'a record of an editor': recordSlot(publisher.account, leafOf(digest(2))),
    'no record': recordSlot(publisher.account, leafOf(digest(3))),
    'a head': headSlot(publisher.account, ref),
    'no head': headSlot(publisher.account, other),
    'an end': editorSlot(publisher.account, editor.account),
    'no end': editorSlot(publisher.account, publisher.account)
  }
  const answer = (await evm.request({
    method: 'eth_getProof',
    params: [evm.address, Object.values(slots), 'latest']
  })) as {
    accountProof: string[]
    storageHash: string
    codeHash: string
    storageProof: { value: string; proof: string[] }[]
  }
  const nodes = [answer.accountProof, ...answer.storageProof.map(({ proof }) => proof)].flat()
  return {
    name,
    header: await headerAt(evm.request, 'latest'),
    registry: evm.address,
    publisher: publisher.account,
    editor: editor.account,
    storageRoot: answer.storageHash,
    words: Object.entries(slots).map(([what, slot], i) => ({
      what,
      slot,
      word: `0x${BigInt(answer.storageProof[i]!.value).toString(16).padStart(64, '0')}`
    })),
    nodes: [...new Set(nodes)]
  }
}

const headers: Json[] = []
for (const hardfork of FORKS) {
  const chain = await openBareChain({ hardfork })
  await chain.request({ method: 'evm_mine', params: [] })
  headers.push({ name: `hardhat, ${hardfork}`, ...(await headerAt(chain.request, 'latest')) })
  await chain.close()
}
const [hardhat, anvil] = [await openHardhat(), await openAnvil()]
const states = [await recorded('hardhat', hardhat), await recorded('anvil', anvil)]
await Promise.all([hardhat.close(), anvil.close()])
writeFileSync(
  new URL('../test/vectors/state.json', import.meta.url),
  `${JSON.stringify({ headers, states }, undefined, 2)}\n`
)
