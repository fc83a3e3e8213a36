/**
 * node helios-offline.ts <url that answers nothing of use>
 * Helios itself, in a process of its own: it changes what is global, and its timers outlive it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseCid } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { lightClient } from '../../src/registry/helios.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { verify } from '../../src/verdict/verify.ts'
import documents from '../vectors/documents.json' with { type: 'json' }

/** Longer than the longest timer that Helios was seen to leave behind. */
const AFTERMATH = 7_000

const [url = ''] = process.argv.slice(2)
const client = await lightClient({
  network: 'mainnet',
  consensusRpc: url,
  executionRpc: url,
  checkpoint: `0x${'11'.repeat(32)}`
})
const registry = rpcRegistry({ chain: 'eip155:31337', address: `0x${'22'.repeat(20)}`, ...client })
const { code, details, message } = await registry.block('latest').catch((error) => error)
const { cid, canonical } = documents[0]!
const subject = { cid: parseCid(cid), bytes: new TextEncoder().encode(canonical) }
const verdict = await verify({ sources: [memoryBlocks()], registries: [registry] }, subject)
await client.close()
await sleep(AFTERMATH)
console.log(
  JSON.stringify({
    mode: registry.mode,
    trust: registry.trust,
    error: { code, reason: details?.reason, message },
    status: verdict.status,
    globals: ['self', 'window', 'Window'].filter((name) => name in globalThis),
    listed: Object.keys(globalThis).includes('Window')
  })
)
// Its timers would keep this process alive for ever.
process.exit()
