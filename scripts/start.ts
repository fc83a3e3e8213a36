/**
 * `npm start`: the main job, end to end, on real parts. Publishes the first edition to IPFS (Helia) and to a registry on
 * a local chain, resolves every document by CID from a second, empty node over loopback bitswap, verifies each against
 * the chain, and shows a forged one being refused. Everything it makes is under `.trend-archive/`; run it again and
 * there is nothing to publish.
 * `--hardhat` takes Hardhat's in-process chain, which keeps nothing, instead of anvil.
 */
import { mkdirSync } from 'node:fs'
import { isDeepStrictEqual, parseArgs, styleText } from 'node:util'
import { json } from '@helia/json'
import { publishEdition } from '../src/archive/edition.ts'
import type { WritePorts } from '../src/archive/ports.ts'
import { publish } from '../src/archive/publish.ts'
import { retract } from '../src/archive/retract.ts'
import type { TrendCid } from '../src/block/cid.ts'
import { openHelia } from '../src/block/helia.ts'
import { openPeer, type Peer } from '../src/block/peer.ts'
import { fetchBlock } from '../src/block/source.ts'
import { openStore, type Store } from '../src/block/store.ts'
import type { Address } from '../src/document/publisher.ts'
import { DEV_KEY, jsonRpcProvider, walletFromKey } from '../src/registry/account.ts'
import { deployRegistry } from '../src/registry/deploy.ts'
import { ethersRegistry } from '../src/registry/ethers.ts'
import { httpRequest } from '../src/registry/http.ts'
import { rpcRegistry } from '../src/registry/rpc.ts'
import type { Verdict } from '../src/verdict/judge.ts'
import { isGap, libraryOf, type Named } from '../src/verdict/library.ts'
import { verify } from '../src/verdict/verify.ts'
import { readCorpus } from './corpus.ts'
import { startDevChain } from './dev-chain.ts'

const HOME = process.env.TREND_ARCHIVE_HOME ?? '.trend-archive'
const CHAIN = 'eip155:31337'
/** The trend that is taken back, and why. A fixed time gives the notice the same CID everywhere. */
const RETRACTED = 'ai-driven-backend'
const REASON = {
  reason: 'obsolete',
  note:
    'OtterTune, named here as evidence, closed in 2024, and Amazon CodeWhisperer has become part of Amazon Q Developer. ' +
    'The document is taken back until it is rewritten.',
  now: Date.parse('2025-11-03T09:00:00Z') / 1000
} as const

const print = (lines: readonly string[]): void => {
  for (const line of lines) console.log(line)
}
const say = (what: string, how: string): void => console.log(`${styleText('bold', what.padEnd(9))} ${how}`)

async function main(): Promise<void> {
  mkdirSync(HOME, { recursive: true })
  const { values } = parseArgs({ options: { hardhat: { type: 'boolean', default: false } } })
  const kind = values.hardhat ? 'hardhat' : undefined
  const chain = await startDevChain({ stateFile: `${HOME}/chain.json`, kind })
  const store = openStore(`${HOME}/archive.db`)
  const provider = jsonRpcProvider(chain.url, CHAIN)
  try {
    const signer = walletFromKey(DEV_KEY, provider)
    const { address, deployed } = await deployRegistry(signer)
    say('chain', `${CHAIN}, ${chain.kind} at ${chain.url}`)
    say('registry', `${address}, ${deployed ? 'deployed' : 'already there'}`)
    const publisher = await openPeer(store)
    try {
      const registry = await ethersRegistry({ chain: CHAIN, address, signer })
      const ports = { sources: [publisher.blocks], sinks: [publisher.blocks], registry, pending: store.pending }
      const published = await publishCorpus(ports)
      await showPins(store, published)
      await readBack(publisher, published, chain.url, address)
    } finally {
      await publisher.stop()
    }
  } finally {
    provider.destroy()
    store.close()
    await chain.stop()
  }
}

interface Published {
  readonly documents: readonly Named[]
  readonly retracted: Named
  readonly notice: Named
}

/** The edition with its members, version 2 of one trend, and the retraction of another. */
async function publishCorpus(ports: WritePorts): Promise<Published> {
  const { edition: draft, members, updates } = readCorpus()
  const first = await publishEdition(ports, draft, members)
  const second = await publish(ports, updates)
  const retracted = first.steps.find(({ slug }) => slug === RETRACTED)!.named
  const retraction = await retract(ports, retracted, REASON)
  const receipts = [...first.receipts, ...second.receipts, ...(retraction.receipt ? [retraction.receipt] : [])]
  const steps = [...first.steps, first.edition, ...second.steps]
  const fresh = steps.filter(({ status }) => status === 'new').length
  const gas = receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n)
  say(
    'publish',
    receipts.length === 0
      ? 'nothing to publish'
      : `${fresh} documents and a retraction in ${receipts.length} transactions, ${gas} gas`
  )
  const notice = await libraryOf(ports.sources, {})(retraction.notice!)
  if (isGap(notice)) throw new Error(notice.gap)
  return { documents: steps.map(({ named }) => named), retracted, notice }
}

/** A fresh Helia over the same file lists every pin, and its own JSON codec reads every document. */
async function showPins(store: Store, { documents, notice }: Published): Promise<void> {
  const helia = await openHelia(store)
  const pinned = await Array.fromAsync(helia.pins.ls())
  const reader = json(helia as unknown as Parameters<typeof json>[0])
  for (const { cid, document } of [...documents, notice]) {
    const read = await reader.get(cid)
    if (!isDeepStrictEqual(read, document)) throw new Error(`@helia/json reads another document under ${cid}`)
  }
  await helia.stop()
  say('pin', `${pinned.length} documents pinned by Helia in ${store.file}`)
}

/** A reader with an empty store, and no trust in the publisher's node: bytes over bitswap, state over JSON-RPC. */
async function readBack(publisher: Peer, published: Published, url: string, address: Address): Promise<void> {
  const store = openStore(':memory:')
  const reader = await openPeer(store)
  try {
    await reader.dial(publisher.addresses)
    const registry = rpcRegistry({ chain: CHAIN, address, request: httpRequest(url) })
    const ports = { sources: [reader.blocks], registries: [registry] }
    const { documents, retracted, notice } = published
    const verdicts = await Promise.all(documents.map(({ cid }) => verify(ports, { cid })))
    say('resolve', `${verdicts.length} documents by CID, from an empty Helia node over bitswap`)
    print(['', ...table(verdicts), ''])
    for (const { cid, status } of verdicts) {
      const expected = cid.equals(retracted.cid) ? 'refuted' : 'verified'
      if (status !== expected) throw new Error(`${cid} is ${status}, not ${expected}`)
    }
    if (notice.document.type === 'notice') say('notice', `${RETRACTED} was taken back: ${notice.document.note}`)
    say('forged', await forgery(ports, documents[0]!.cid))
    print(['', `Everything is kept in ${HOME}/. Run it again, and there is nothing to publish.`])
  } finally {
    await reader.stop()
    store.close()
  }
}

function table(verdicts: readonly Verdict[]): readonly string[] {
  const rows = verdicts.map(({ document, status, standing, cid }) => [
    `${document?.slug}`,
    `${document?.version}`,
    status,
    `${standing}`,
    String(cid)
  ])
  const header = ['slug', 'version', 'verdict', 'standing', 'cid']
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  const line = (row: readonly string[]): string => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')
  const paint = (row: readonly string[]): string =>
    line(row).replace(row[2]!, (word) => styleText(word === 'verified' ? 'green' : 'red', word))
  return [styleText('bold', line(header)), ...rows.map(paint)]
}

/** The same document with one bit of one byte changed, offered under the same CID. */
async function forgery(ports: Parameters<typeof verify>[0], cid: TrendCid): Promise<string> {
  const { bytes } = await fetchBlock(ports.sources, cid)
  const forged = Uint8Array.from(bytes)
  const at = forged.length >> 1
  forged[at] = forged[at]! ^ 1
  const { status, checks } = await verify(ports, { cid, bytes: forged })
  if (status !== 'refuted') throw new Error('a forged document was not refused')
  const failed = checks.find(({ outcome }) => outcome === 'fail')
  return `one bit of byte ${at} flipped: ${styleText('red', status)}, ${failed?.name}: ${failed?.detail}`
}

await main().catch((error: Error) => {
  console.error(
    `error: ${error.message}\n${HOME}/ holds what was published; stop other chains that use it, or remove it to start anew`
  )
  process.exitCode = 1
})
// libp2p leaves timers behind that keep a process alive for up to two seconds after it has stopped.
process.exit(process.exitCode)
