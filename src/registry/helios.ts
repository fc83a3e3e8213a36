import { eitherOf, orAborted } from '../block/abort.ts'
import { ArchiveError } from '../errors.ts'
import type { TrustMode } from './registry.ts'
import type { Request } from './request.ts'

export interface LightClientOptions {
  /** As Helios names it: `mainnet`, `sepolia`, `holesky`; for `opstack` `base`, `op-mainnet`, …; for `linea` `mainnet`. */
  readonly network: string
  /** @default 'ethereum' */
  readonly kind?: LightClientKind | undefined
  /** Whoever delivers the chain's headers. It can hold them back, but it cannot make them up. */
  readonly consensusRpc?: string | undefined
  /** Whoever delivers state and its proofs. The same holds for it. */
  readonly executionRpc: string
  /**
   * The hash of a finalized beacon block that was had from somewhere one trusts: all that comes later is followed from
   * it. For `ethereum`, where it is a must; the other kinds have none.
   */
  readonly checkpoint?: string | undefined
  /** Milliseconds that the first questions wait until the chain is followed. @default 30_000 */
  readonly timeout?: number | undefined
}

/**
 * `ethereum` follows what the validators signed. For `opstack` and `linea` it is what one sequencer signed, which makes
 * them no better than the word of a node: mode `rpc`.
 */
export type LightClientKind = 'ethereum' | 'opstack' | 'linea'

/** What `rpcRegistry` takes: `rpcRegistry({ chain, address, ...client })`. */
export interface LightClient {
  readonly request: Request
  readonly trust: string
  readonly mode: TrustMode
  /** Stops following the chain. Timers of Helios go on, so a process that has had one ends with `process.exit()`. */
  readonly close: () => Promise<void>
}

/** The part of Helios' provider that is used here. */
export interface LightProvider {
  readonly request: (call: { readonly method: string; readonly params: unknown[] }) => Promise<unknown>
  readonly waitSynced: () => Promise<void>
  readonly shutdown: () => Promise<void>
}

const INSTALL = 'npm i @a16z/helios@0.11'
const WORD = /^0x[0-9a-f]{64}$/i
/** How much of Helios' own words an error repeats. */
const QUOTE = 200

/**
 * A light client in this process: Helios, an optional peer of 4 MB. It follows the chain's headers from a checkpoint and
 * proves all that it answers against them. Until it follows the chain its questions wait, and then fail.
 * @throws INVALID_OPTION, UNSUPPORTED_RUNTIME when Helios is not installed
 */
export async function lightClient(options: LightClientOptions): Promise<LightClient> {
  const { network, kind = 'ethereum', consensusRpc, executionRpc, checkpoint, timeout } = options
  checkOptions(options, kind)
  const { createHeliosProvider } = await installed(async () => await import('@a16z/helios'))
  passForWindow()
  try {
    const config = {
      network: network as 'mainnet',
      executionRpc,
      dbType: 'config' as const,
      ...(consensusRpc !== undefined && { consensusRpc }),
      ...(checkpoint !== undefined && { checkpoint })
    }
    return clientOver(await createHeliosProvider(config, kind), { network, kind, timeout })
  } catch (cause) {
    const rule = `Helios takes no such network or URL for ${kind}${wordsOf(cause)}`
    throw new ArchiveError('INVALID_OPTION', `lightClient: ${rule}`, { option: 'network', rule }, { cause })
  }
}

/** A client over a provider that is made already. */
export function clientOver(
  provider: LightProvider,
  {
    network,
    kind,
    timeout = 30_000
  }: Pick<LightClientOptions, 'network' | 'timeout'> & { readonly kind: LightClientKind }
): LightClient {
  const trust = kind === 'ethereum' ? 'light client' : `sequencer of ${network}`
  const underWay = new Set<Promise<unknown>>()
  let following: Promise<void> | undefined
  let closing: Promise<unknown> | undefined

  const tracked = async <Result>(work: Promise<Result>): Promise<Result> => {
    underWay.add(work)
    try {
      return await work
    } catch (cause) {
      // It quotes what a node answered, however long that is.
      throw new Error(wordsOf(cause).slice(2, QUOTE), { cause })
    } finally {
      underWay.delete(work)
    }
  }

  /** Helios can be waited for only once at a time, and asked for nothing meanwhile. What it says then is its last word. */
  const follow = async (): Promise<void> => {
    following = tracked(provider.waitSynced())
    await following
  }

  const ask = async (call: Parameters<LightProvider['request']>[0]): Promise<unknown> => {
    if (closing !== undefined) throw new Error('the light client was closed')
    return await tracked(provider.request(call))
  }

  const request: Request = async ({ method, params }, { signal } = {}) => {
    signal?.throwIfAborted()
    const either = eitherOf(signal, AbortSignal.timeout(timeout))
    await orAborted(either, following ?? follow())
    return await orAborted(either, ask({ method, params: [...params] }))
  }

  return {
    request: Object.assign(request, { trust }),
    trust,
    mode: kind === 'ethereum' ? 'light client' : 'rpc',
    async close() {
      if (closing !== undefined) return
      const isIdle = underWay.size === 0
      // Shut down while anything is under way it fails where nobody catches it. That ends first, and nobody waits for it.
      closing = Promise.allSettled(underWay).then(async () => await provider.shutdown())
      if (isIdle) await closing
      else closing.catch(() => undefined)
    }
  }
}

function checkOptions({ executionRpc, consensusRpc, checkpoint }: LightClientOptions, kind: LightClientKind): void {
  const refuse = (option: string, rule: string): never => {
    throw new ArchiveError('INVALID_OPTION', `lightClient: ${option} ${rule}`, { option, rule })
  }
  if (!isHttp(executionRpc)) refuse('executionRpc', 'is a URL with http or https')
  if (kind !== 'ethereum') {
    if (checkpoint !== undefined) refuse('checkpoint', `is for Ethereum and its test networks, not for ${kind}`)
    return
  }
  if (consensusRpc === undefined || !isHttp(consensusRpc)) refuse('consensusRpc', 'is a URL with http or https')
  if (checkpoint === undefined || !WORD.test(checkpoint)) {
    refuse('checkpoint', 'is the hash of a finalized beacon block, 0x and 64 hex digits')
  }
}

const isHttp = (url: string): boolean => /^https?:$/.test(URL.parse(url)?.protocol ?? '')

/** Loads Helios. @throws UNSUPPORTED_RUNTIME when it is missing; its `needs` is the command that installs it */
export async function installed<Helios>(load: () => Promise<Helios>): Promise<Helios> {
  try {
    return await load()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    const hint = `install it with: ${INSTALL}`
    const message = 'a light client needs Helios, which is not installed'
    throw new ArchiveError('UNSUPPORTED_RUNTIME', message, { needs: INSTALL }, { cause, hint })
  }
}

/**
 * Each time Helios sets a timer it asks whether the global object is a `Window` or that of a worker, and where it is
 * neither – in Node – its WebAssembly gives up for good. Its timers outlive it, so this is never taken back.
 * `self` and `window`, by which other code tells a page from Node, stay as they are. Decision record 0026.
 */
function passForWindow(): void {
  if ('Window' in globalThis || 'WorkerGlobalScope' in globalThis) return
  const value = { [Symbol.hasInstance]: (one: unknown): boolean => one === globalThis }
  Object.defineProperty(globalThis, 'Window', { value, configurable: true, enumerable: false })
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? `: ${cause.message}` : '')
