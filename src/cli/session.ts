import type { AuditPorts } from '../archive/audit.ts'
import type { EditorHistory } from '../archive/editors.ts'
import type { CheckSignature, SignDocument, SignMessage, SignPorts, StatePorts, WritePorts } from '../archive/ports.ts'
import type { ProvableChain } from '../archive/prove.ts'
import { lacking } from '../block/failure.ts'
import type { Peer } from '../block/peer.ts'
import { memoryPending } from '../block/pending.ts'
import type { Pinned } from '../block/pinned.ts'
import type { Receipts } from '../block/receipts.ts'
import type { Remote } from '../block/remote.ts'
import type { BlockSink } from '../block/sink.ts'
import type { BlockSource } from '../block/source.ts'
import type { Store } from '../block/store.ts'
import { type Address, type Chain, type Publisher, parseAddress, toPublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Accounts } from '../registry/accounts.ts'
import { deployments } from '../registry/deployments.ts'
import type { EnsNaming } from '../registry/ens.ts'
import type { Registry, RegistryWriter } from '../registry/registry.ts'
import type { Request } from '../registry/request.ts'
import type { Watermarks } from '../verdict/watermarks.ts'
import { addressOf, findAccount, openWallet, type Wallet } from './account.ts'
import { kindOf, pathIn } from './files.ts'
import { openGateways } from './gateways.ts'
import type { Host } from './host.ts'
import type { Output } from './output.ts'
import { openServing, peerSource, type Serving } from './peers.ts'
import { openBucket, openRemote, secretsOf } from './remotes.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usage.ts'
import { watermarksIn } from './watermarks.ts'

/**
 * The ports of one command, each opened when it is first asked for and all closed by `close`. What is heavy – the store,
 * Helia, ethers – is not even loaded before.
 */
export interface Session {
  /** The archive's store; none where there is no archive. */
  store: () => Promise<Store | undefined>
  /** Where bytes may be had: the archive's store if there is one, the gateways, and the peers. */
  sources: () => Promise<readonly BlockSource[]>
  /** The network's node. */
  node: () => Promise<Request>
  /** The registries that can be read: that of the network, and those of the address book the same node may serve. */
  registries: () => Promise<readonly Registry[]>
  /** Those of them that a verdict may rest on: of the address book, or named by the user. */
  pinnedRegistries: () => Promise<readonly Registry[]>
  /** The same registries, by the state of their chains with its proofs. */
  provableChains: () => Promise<readonly ProvableChain[]>
  watermarks: () => Promise<Watermarks | undefined>
  /** Who says what accounts say of signatures, on the chains of the registries. */
  accounts: () => Promise<readonly Accounts[]>
  /** Whom a name of the Ethereum Name Service means on the network; it is told at once, and asked for once. */
  named: (name: string) => Promise<Publisher>
  /** What names meant so far. */
  namings: () => readonly EnsNaming[]
  /** Whom the account is on the network. It is not unlocked where its address is told without. */
  publisher: () => Promise<Publisher>
  /** What is pinned here. @throws NOT_FOUND where there is no archive */
  pins: () => Promise<Pinned>
  /** Ports that look over the archive. @throws NOT_FOUND where there is none */
  auditing: () => Promise<AuditPorts & { readonly store: Store }>
  /** The archive's store alone, to read from and to pin in. */
  local: () => Promise<BlockSource & BlockSink & Pinned>
  /** Trustless gateways, by the settings. */
  gateways: () => Promise<readonly BlockSource[]>
  /** A node that offers what is pinned here. @throws NOT_FOUND where there is no archive */
  serving: (serving: Serving) => Promise<Peer>
  /** Makes the archive's store where there is none. */
  makeStore: () => Promise<void>
  /** The registry of the network, to read. */
  registry: () => Promise<Registry>
  /** Where the network's registry logged who may publish for whom. */
  editorHistory: () => Promise<EditorHistory>
  /** Ports that plan as an account but cannot write: they need no key. @param account the session's by default */
  planning: (account?: Address) => Promise<WritePorts>
  /** Ports that keep what is signed, by the session's account or, where another account is named, elsewhere. */
  signing: (elsewhere?: Address) => Promise<SignPorts & StatePorts>
  /** Whether an account of the network signed something, a contract wallet's word included. */
  checkSignature: CheckSignature
  /** Ports that can tell what writing would cost: they need a key, and keep nothing. */
  estimating: (sending?: Sending) => Promise<WritePorts>
  writing: (sending?: Sending) => Promise<WritePorts>
  /** An account that is connected to the network's node. */
  signer: () => Promise<Wallet>
  /** What it takes to keep documents here. Makes the archive's store where there is none. */
  keeping: () => Promise<{ readonly blocks: BlockSink & BlockSource & Pinned; readonly receipts: Receipts }>
  /** What is known of documents elsewhere. */
  receipts: () => Promise<Receipts>
  /** The remotes of the archive, or those that are named. @throws UsageError where there is none of that name */
  remotes: (names?: readonly string[]) => Promise<readonly Remote[]>
  close: () => Promise<void>
}

/** How a transaction may be sent. */
export interface Sending {
  /** Wei for a unit of gas. */
  readonly maxFeePerGas?: bigint | undefined
  readonly speedUp?: boolean | undefined
}

export const STORE_NAME = 'archive.db'

export function createSession({
  settings,
  host,
  out
}: {
  readonly settings: Settings
  readonly host: Host
  readonly out: Output
}): Session {
  const closers: (() => unknown)[] = []
  const { home, network } = settings
  const file = pathIn(home, STORE_NAME)

  const openStore = once(async () => {
    const { openStore: open } = await import('../block/store.ts')
    const store = open(file)
    closers.push(() => store.close())
    return store
  })

  const storeThere = async (): Promise<Store | undefined> =>
    (await kindOf(file)) === 'file' ? await openStore() : undefined

  const storeHere = async (): Promise<Store> => {
    const store = await storeThere()
    if (store === undefined) throw noArchive(home)
    return store
  }

  const pinsIn = async (store: Store): Promise<Pinned> => {
    const { pinsOf } = await import('../block/store-pins.ts')
    return pinsOf(store, STORE_NAME)
  }

  const gateways = once(async (): Promise<readonly BlockSource[]> => {
    if (settings.gateways.length === 0) return []
    const { sources, close } = await openGateways(settings)
    closers.push(close)
    return sources
  })

  const peers = once(async () => {
    if (settings.peers.length === 0) return []
    const { source, close } = peerSource(settings)
    closers.push(close)
    return [source]
  })

  const others = async (): Promise<readonly BlockSource[]> => [...(await gateways()), ...(await peers())]

  /** Gateways and peers; what they deliver also mends the archive. */
  const healers = once(async (): Promise<readonly BlockSource[]> => {
    const store = await storeThere()
    if (store === undefined) return await others()
    const { healing } = await import('../block/healing.ts')
    return (await others()).map((source) => healing(store, source))
  })

  const helia = once(async () => {
    const store = await openStore()
    const { heliaBlocks, openHelia } = await import('../block/helia.ts')
    const node = await openHelia(store)
    closers.push(() => node.stop())
    return heliaBlocks(node, store)
  })

  const receipts = async (): Promise<Receipts> => {
    const { receiptsIn } = await import('../block/receipts.ts')
    return receiptsIn(await openStore())
  }

  out.conceal(Object.values(settings.remotes).flatMap(secretsOf))
  for (const url of [...network.rpcUrls, settings.ensRpcUrl]) if (url !== undefined) out.concealUrl(url)

  /** The buckets that a publish waits for. */
  const buckets = once(async () => {
    const wanted = Object.entries(settings.remotes).flatMap(([name, remote]) =>
      remote.type === 's3' && remote.sink === true ? [openBucket(name, remote, host.env)] : []
    )
    return await Promise.all(wanted)
  })

  /** Where the remotes can be read. */
  const remoteSources = async (): Promise<readonly BlockSource[]> => {
    const opened = Object.entries(settings.remotes).map(async ([name, remote]) => {
      const { source } = await openRemote(name, remote, host.env)
      return source
    })
    return (await Promise.all(opened)).filter((source) => source !== undefined)
  }

  const request = once(async () => {
    const { httpRequest } = await import('../registry/http.ts')
    return httpRequest(rpcUrlOf(settings))
  })

  const namings = new Map<string, EnsNaming>()

  const named = async (name: string): Promise<Publisher> => {
    const known = namings.get(name)
    if (known !== undefined) return known.publisher
    const { ensRpcUrl } = settings
    if (ensRpcUrl === undefined) {
      const hint = 'name a node of eip155:1 with --ens-rpc-url or ENS_RPC_URL, or the publisher by its account'
      throw new UsageError(`no node is known that could say what ${name} means`, hint)
    }
    const [{ resolveEns }, { httpRequest }] = await Promise.all([
      import('../registry/ens.ts'),
      import('../registry/http.ts')
    ])
    const naming = await resolveEns(httpRequest(ensRpcUrl), name, network.chain, { signal: host.signal })
    const { block, trust } = naming
    out.disclose(`${naming.name} is ${naming.publisher}, as of block ${block.number} of eip155:1, trusting ${trust}`)
    namings.set(name, naming)
    return naming.publisher
  }

  /** Every node that is asked for the registry, the network's own first. */
  const nodes = once(async (): Promise<readonly Request[]> => {
    if (network.rpcUrl === undefined) return []
    const { httpRequest } = await import('../registry/http.ts')
    return [await request(), ...network.rpcUrls.slice(1).map((url) => httpRequest(url))]
  })

  const readers = once(async (): Promise<readonly Registry[]> => {
    const [{ rpcRegistry }, { quorumRegistry }, asks] = await Promise.all([
      import('../registry/rpc.ts'),
      import('../registry/quorum.ts'),
      nodes()
    ])
    if (asks.length === 0) return []
    const machines = new Set(network.rpcUrls.map((url) => new URL(url).hostname))
    if (machines.size < asks.length)
      out.note('some of the nodes are on one machine: what it says counts more than once')
    return registriesOf(settings).map(([chain, address]) => {
      const each = asks.map((ask) => rpcRegistry({ chain, address, request: ask }))
      return each.length === 1 ? each[0]! : quorumRegistry(each, { agree: network.quorum })
    })
  })

  const reader = async (): Promise<Registry> => {
    const registry = (await readers()).find(({ chain }) => chain === network.chain)
    if (registry !== undefined) return registry
    throw new UsageError(`no node is known for ${network.chain}`, 'name one with --rpc-url or RPC_URL')
  }

  const address = once(async () => await addressOf(await findAccount(settings, host), settings, host, out))

  const signer = once(async () => {
    const wallet = await openWallet(await findAccount(settings, host), settings, host, out)
    const { jsonRpcProvider } = await import('../registry/account.ts')
    const provider = jsonRpcProvider(rpcUrlOf(settings), network.chain)
    closers.push(() => provider.destroy())
    return wallet.connect(provider)
  })

  const sources = async (): Promise<readonly BlockSource[]> => {
    const store = await storeThere()
    return [...(store === undefined ? [] : [storeSource(store)]), ...(await healers())]
  }

  const writer = async (sending: Sending | undefined): Promise<Registry & RegistryWriter> => {
    const { ethersRegistry } = await import('../registry/ethers.ts')
    const { chain, registry: address } = network
    const { trust } = await request()
    return await ethersRegistry({ chain, address, signer: await signer(), trust, ...sending })
  }

  const keepingNothing = async (registry: Registry & RegistryWriter): Promise<WritePorts> => {
    const store = await storeThere()
    return { sources: await sources(), sinks: [], registry, pending: store?.pending ?? memoryPending() }
  }

  const ownKey = async (
    registry: Registry
  ): Promise<{ readonly account: Address; readonly signMessage: SignMessage; readonly signDocument: SignDocument }> => {
    const wallet = await signer()
    const { signDocument, signPublish } = await import('../registry/signature.ts')
    return {
      account: parseAddress(wallet.address),
      signMessage: async (message) => await signPublish(wallet, registry, message),
      signDocument: async (message) => await signDocument(wallet, registry, message)
    }
  }

  return {
    store: storeThere,
    sources,
    node: request,
    registries: readers,
    pinnedRegistries: async () => (await readers()).filter(({ chain }) => network.isPinned || chain !== network.chain),
    async provableChains() {
      const { rpcState } = await import('../registry/rpc-state.ts')
      const ask = await request()
      return (await readers()).map((blocks) => {
        const { chain, address } = blocks
        return { chain, address, state: rpcState({ chain, request: ask }), blocks }
      })
    },
    async accounts() {
      const [{ rpcAccounts }, { agreedAccounts }, asks] = await Promise.all([
        import('../registry/rpc-accounts.ts'),
        import('../registry/agreed-accounts.ts'),
        nodes()
      ])
      return registriesOf(settings).flatMap(([chain]) => {
        const [first, second, ...rest] = asks.map((ask) => rpcAccounts({ chain, request: ask }))
        if (first === undefined) return []
        return second === undefined ? first : agreedAccounts([first, second, ...rest])
      })
    },
    watermarks: async () => {
      const store = await storeThere()
      return store && watermarksIn(store)
    },
    named,
    namings: () => [...namings.values()],
    publisher: async () => toPublisher(network.chain, await address()),
    pins: async () => await pinsIn(await storeHere()),
    auditing: async () => {
      const store = await storeHere()
      return { store, pins: await pinsIn(store), sources: [...(await others()), ...(await remoteSources())] }
    },
    local: async () => {
      const { pinsOf } = await import('../block/store-pins.ts')
      const store = await openStore()
      return { ...storeSource(store), ...pinsOf(store, STORE_NAME) }
    },
    gateways,
    async serving(serving) {
      const store = await storeThere()
      if (store === undefined) throw noArchive(home)
      const peer = await openServing(store, settings, serving)
      closers.push(() => peer.stop())
      return peer
    },
    makeStore: async () => {
      await openStore()
    },
    registry: reader,
    async editorHistory() {
      const { editorLog } = await import('../registry/editor-log.ts')
      const log = editorLog({ address: network.registry, request: await request() })
      return { log, firstBlock: deployments[network.chain]?.firstBlock ?? 0n }
    },
    planning: async (account) => await keepingNothing(planner(await reader(), account ?? (await address()))),
    async signing(elsewhere) {
      const registry = await reader()
      // The key comes first: a wrong one is found out before anything is made on disk.
      const { account, ...key } = elsewhere === undefined ? await ownKey(registry) : { account: elsewhere }
      const blocks = await helia()
      const { pending } = await openStore()
      return {
        sources: [blocks, ...(await healers())],
        sinks: [blocks, ...(await buckets())],
        registry: planner(registry, account),
        pending,
        ...key
      }
    },
    async checkSignature(account, digest, signature, options) {
      const { isSignedOnChain } = await import('../registry/signature.ts')
      return await isSignedOnChain(await request(), account, digest, signature, options)
    },
    estimating: async (sending) => await keepingNothing(await writer(sending)),
    writing: async (sending) => {
      // The registry comes first: a wrong key is found out before anything is made on disk.
      const registry = await writer(sending)
      const blocks = await helia()
      const { pending } = await openStore()
      const sinks = [blocks, ...(await buckets())]
      return { sources: [blocks, ...(await healers())], sinks, registry, pending }
    },
    signer,
    keeping: async () => ({ blocks: await helia(), receipts: await receipts() }),
    receipts,
    async remotes(names = Object.keys(settings.remotes)) {
      return await Promise.all(
        names.map(async (name) => {
          const remote = settings.remotes[name]
          if (remote !== undefined) return await openRemote(name, remote, host.env)
          const known = Object.keys(settings.remotes)
          const hint = known.length > 0 ? `there are ${known.join(', ')}` : HOW_TO_ADD
          throw new UsageError(`there is no remote '${name}'`, hint)
        })
      )
    },
    async close() {
      // What does not close must not keep the rest open.
      const endings = closers.splice(0).reverse()
      const failures: unknown[] = []
      for (const close of endings) {
        try {
          await close()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    }
  }
}

/** How there comes to be a remote. */
export const HOW_TO_ADD = 'name one with: trend-archive init --remote <name=url,…>'

/** A node whose chain is not known beforehand may serve any chain of the address book; the reader checks which. */
function registriesOf({ network }: Settings): readonly (readonly [Chain, Address])[] {
  const { chain, registry } = network
  const book = Object.entries(deployments).map(([known, { address }]) => [known as Chain, address] as const)
  return [[chain, registry], ...book.filter(([known]) => known !== chain)]
}

function rpcUrlOf({ network: { chain, rpcUrl } }: Settings): string {
  if (rpcUrl !== undefined) return rpcUrl
  throw new UsageError(`no node is known for ${chain}`, 'name one with --rpc-url or RPC_URL')
}

/** The store as a source: reading needs no Helia. */
function storeSource(store: Store): BlockSource {
  const name = 'the archive'
  return {
    name,
    local: true,
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted()
      const bytes = store.get(cid.multihash.digest)
      if (bytes === undefined) throw lacking(name)
      return bytes
    }
  }
}

/** A registry that says what would be sent and sends nothing. */
function planner(registry: Registry, account: Address): Registry & RegistryWriter {
  return {
    ...registry,
    account,
    estimate: async () => ({ gas: 0n, maxFeePerGas: 0n, fee: 0n, maxFee: 0n }),
    settle: async () => undefined,
    receipt: async () => undefined,
    send: async () => {
      throw new ArchiveError('NO_ACCOUNT', 'nothing is sent while planning', { rule: 'nothing is sent while planning' })
    }
  }
}

function noArchive(home: string): ArchiveError<'NOT_FOUND'> {
  const hint = 'make one with: trend-archive init'
  return new ArchiveError('NOT_FOUND', `there is no archive at ${home}`, { name: home }, { hint })
}

function once<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let opened: Promise<Value> | undefined
  return () => {
    opened ??= open()
    return opened
  }
}
