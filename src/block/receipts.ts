import type { RemoteStatus } from './remote.ts'
import type { Store } from './store.ts'

/** What is known of one document at one remote. */
export interface PinReceipt {
  readonly remote: string
  readonly cid: string
  /** What a person would call the document. */
  readonly name: string
  readonly requestId: string
  readonly status: RemoteStatus
  /** On whose behalf it is kept: CIDs of editions, or its own where it is kept in its own right. */
  readonly keepers: readonly string[]
  /** When it was asked for. */
  readonly askedAt: string
  /** When the remote first said that it is kept. */
  readonly pinnedAt?: string | undefined
  /** When its bytes were last fetched again and had the right digest. */
  readonly checkedAt?: string | undefined
  /** Where they were fetched from: whom a check trusts to be that remote. */
  readonly by?: string | undefined
  /** Why it is not held, or was not when that was looked at last. */
  readonly fault?: string | undefined
}

/** The receipts that an archive keeps. When `put` or `drop` resolves, the change outlives the process. */
export interface Receipts {
  get: (remote: string, cid: string) => PinReceipt | undefined
  /** All of them, by remote and CID. */
  all: () => readonly PinReceipt[]
  put: (receipt: PinReceipt) => void
  /** Forgets one; that it is not there is no error. */
  drop: (remote: string, cid: string) => void
}

const MARK = 'receipt/'

const keyOf = (remote: string, cid: string): string => `${MARK}${remote}/${cid}`

/** Receipts among the rows of a store. */
export function receiptsIn(store: Pick<Store, 'row' | 'rows' | 'write'>): Receipts {
  const set = (key: string, value: Uint8Array | undefined): void => store.write({ rows: new Map([[key, value]]) })
  return {
    get(remote, cid) {
      const value = store.row(keyOf(remote, cid))
      return value && decode(value)
    },
    all: () => store.rows(MARK).map(({ value }) => decode(value)),
    put: (receipt) => set(keyOf(receipt.remote, receipt.cid), encode(receipt)),
    drop: (remote, cid) => set(keyOf(remote, cid), undefined)
  }
}

const encode = (receipt: PinReceipt): Uint8Array => new TextEncoder().encode(JSON.stringify(receipt))
const decode = (bytes: Uint8Array): PinReceipt => JSON.parse(new TextDecoder().decode(bytes)) as PinReceipt
