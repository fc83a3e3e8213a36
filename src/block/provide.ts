import type { TrendCid } from './cid.ts'
import type { PeerNode } from './peer-node.ts'

/** What becomes of a provider record. */
export type ProvideEvent =
  | { readonly type: 'provided'; readonly cid: TrendCid; readonly holders: number }
  | { readonly type: 'unprovided'; readonly cid: TrendCid; readonly reason: string }

export interface ProvideOptions {
  /** Milliseconds after which a record is written again. */
  readonly every: number
  /** Milliseconds after which one that nobody took is tried again. */
  readonly retry: number
  /** Milliseconds that one may take. */
  readonly timeout: number
  /** How many are written at once. */
  readonly atOnce: number
  readonly onEvent?: ((event: ProvideEvent) => void) | undefined
}

export interface Provided {
  add: (cids: readonly TrendCid[]) => void
  remove: (cids: readonly TrendCid[]) => void
  stop: () => Promise<void>
}

interface Waiting {
  readonly cid: TrendCid
  readonly due: number
}

/**
 * Keeps provider records of documents in a DHT: each is written when it is added, the newest first, and again on a
 * schedule for as long as it is not removed.
 */
export function keepProvided(
  node: Pick<PeerNode, 'provide' | 'withdraw'>,
  { every, retry, timeout, atOnce, onEvent }: ProvideOptions
): Provided {
  const control = new AbortController()
  const kept = new Set<string>()
  const fresh: TrendCid[] = []
  // Each is in the order in which it falls due, since all that is in one waits equally long.
  const written = new Map<string, Waiting>()
  const refused = new Map<string, Waiting>()
  const underWay = new Set<Promise<void>>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const limit = (): AbortSignal => AbortSignal.any([control.signal, AbortSignal.timeout(timeout)])
  const firstOf = (row: ReadonlyMap<string, Waiting>): Waiting | undefined => row.values().next().value

  const takeDue = (): TrendCid | undefined => {
    const next = fresh.pop()
    if (next !== undefined) return next
    for (const row of [refused, written]) {
      const first = firstOf(row)
      if (first === undefined || first.due > Date.now()) continue
      row.delete(String(first.cid))
      return first.cid
    }
    return undefined
  }

  const write = async (cid: TrendCid): Promise<void> => {
    const key = String(cid)
    const event = await attempt(node, cid, limit())
    if (control.signal.aborted) return
    // It was removed meanwhile, so what has just been written is taken back.
    if (!kept.has(key)) return await withdraw(cid)
    if (event.type === 'provided') written.set(key, { cid, due: Date.now() + every })
    else refused.set(key, { cid, due: Date.now() + retry })
    onEvent?.(event)
  }

  const withdraw = async (cid: TrendCid): Promise<void> => {
    // Its own record is local, and without it the node says no longer that it has the document.
    await node.withdraw(cid, limit()).catch(() => undefined)
  }

  const start = (work: Promise<void>): void => {
    const tracked = work.finally(() => {
      underWay.delete(tracked)
      pump()
    })
    underWay.add(tracked)
  }

  const pump = (): void => {
    clearTimeout(timer)
    if (control.signal.aborted) return
    while (underWay.size < atOnce) {
      const cid = takeDue()
      if (cid === undefined) break
      if (kept.has(String(cid))) start(write(cid))
    }
    if (underWay.size < atOnce) wakeWhenDue()
  }

  const wakeWhenDue = (): void => {
    const dues = [firstOf(refused), firstOf(written)].flatMap((first) => (first === undefined ? [] : [first.due]))
    if (dues.length > 0) timer = setTimeout(pump, Math.max(0, Math.min(...dues) - Date.now()))
  }

  return {
    add(cids) {
      const news = cids.filter((cid) => !kept.has(String(cid)))
      for (const cid of news) kept.add(String(cid))
      fresh.push(...news)
      pump()
    },
    remove(cids) {
      for (const cid of cids) {
        const key = String(cid)
        kept.delete(key)
        written.delete(key)
        refused.delete(key)
        start(withdraw(cid))
      }
    },
    async stop() {
      control.abort()
      clearTimeout(timer)
      await Promise.all(underWay)
    }
  }
}

async function attempt(node: Pick<PeerNode, 'provide'>, cid: TrendCid, signal: AbortSignal): Promise<ProvideEvent> {
  try {
    const holders = await node.provide(cid, signal)
    if (holders > 0) return { type: 'provided', cid, holders }
    return { type: 'unprovided', cid, reason: 'no node of the DHT took the record' }
  } catch (cause) {
    return { type: 'unprovided', cid, reason: cause instanceof Error ? cause.message : String(cause) }
  }
}
