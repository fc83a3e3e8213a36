import type { PeerNode } from './peer-node.ts'

/** What happens between a node and others. */
export type PeerEvent =
  | { readonly type: 'offering'; readonly documents: number }
  | { readonly type: 'connected' | 'disconnected'; readonly peer: string }
  | { readonly type: 'unreachable'; readonly address: string; readonly reason: string }
  | { readonly type: 'unreadable'; readonly reason: string }

export interface CompanyOptions {
  readonly addresses: readonly string[]
  /** With so many peers a node has company enough, and dials none of these. */
  readonly enough: number
  /** Milliseconds between looks. */
  readonly every: number
  readonly onEvent?: ((event: PeerEvent) => void) | undefined
}

export interface Company {
  /** Resolves when one of them is connected, or none can be reached for now. */
  readonly met: Promise<void>
  readonly stop: () => Promise<void>
}

/**
 * Dials the addresses now, and again whenever one of them is not connected. libp2p's own discovery dials once, a second
 * after the start, and leaves a node that was offline then alone for good.
 */
export function keepCompany(
  node: Pick<PeerNode, 'connected' | 'dial'>,
  { addresses, enough, every, onEvent }: CompanyOptions
): Company {
  const control = new AbortController()
  const { signal } = control
  const first = Promise.withResolvers<void>()
  const dial = async (address: string): Promise<void> => {
    try {
      await node.dial([address], { signal })
      first.resolve()
    } catch (cause) {
      if (signal.aborted) return
      onEvent?.({ type: 'unreachable', address, reason: cause instanceof Error ? cause.message : String(cause) })
    }
  }
  const look = async (): Promise<void> => {
    const connected = node.connected()
    if (connected.length >= enough) return
    await Promise.all(addresses.filter((address) => !connected.includes(nameIn(address))).map(dial))
  }
  let round = look()
  const met = Promise.race([first.promise, round])
  const timer = setInterval(() => {
    round = round.then(look)
  }, every)
  return {
    met,
    async stop() {
      clearInterval(timer)
      control.abort()
      await round
    }
  }
}

/** The peer that an address names last: those before it are relays. */
const nameIn = (address: string): string => address.split('/').at(-1) ?? ''
