import { type Bytes32, fromBytes32, fromDigest, toBytes32 } from '../block/cid.ts'
import type { Store } from '../block/store.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'

/** A look at every block, which an interrupted one goes on with. */
export interface Pass {
  /** When it began, in milliseconds since 1970. */
  readonly started: number
  /** The last block it looked at; blocks are looked at by digest. */
  readonly after?: Bytes32 | undefined
  readonly blocks: number
  readonly bytes: number
  /** Blocks that were not what their digest says. */
  readonly damaged: number
}

export interface PassOptions extends Abortable, Progress<Advance> {
  readonly now: () => number
}

/** Where a pass is kept in the store until its audit is at its end. */
export const PASS = 'audit/pass'
/** Milliseconds after which what was seen then says little: a week. */
const STALE = 604_800_000
/** Blocks after which other work has a turn, it is told how far the pass is, and its place is noted. */
export const TURN = 64
export const TELL = 512
const NOTE = 4_096

export type Walked = Pick<Store, 'digests' | 'get' | 'count' | 'row' | 'write' | 'isQuarantined'>

export interface Walk {
  readonly pass: Pass
  /** Whether it went on with one that had been interrupted. */
  readonly continued: boolean
  /** Why it ended before the last block, where the file could not be read on. */
  readonly fault?: string | undefined
}

/** Hashes every block, a few at a time. What is damaged the store puts aside. */
export async function lookAtBlocks(store: Walked, { signal, onProgress, now }: PassOptions): Promise<Walk> {
  const before = attempt(() => readPass(store.row(PASS), now())).value
  const total = attempt(() => store.count()).value
  let pass: Pass = before ?? { started: now(), blocks: 0, bytes: 0, damaged: 0 }
  const advance = (): void => onProgress?.({ type: 'advanced', unit: 'documents', done: pass.blocks, total })
  try {
    for (const digest of store.digests({ after: pass.after && fromBytes32(pass.after).multihash.digest })) {
      signal?.throwIfAborted()
      pass = withBlock(pass, digest, lookAt(store, digest))
      if (pass.blocks % TURN === 0) await turn()
      if (pass.blocks % TELL === 0) advance()
      if (pass.blocks % NOTE === 0) note(store, pass)
    }
  } catch (error) {
    note(store, pass)
    if (!isArchiveError(error, 'STORE_UNAVAILABLE')) throw error
    return { pass, continued: before !== undefined, fault: error.message }
  }
  advance()
  note(store, pass)
  return { pass, continued: before !== undefined }
}

/** What became of a block: its size; damaged; or gone since it was listed, which is nobody's fault. */
type Seen = number | 'damaged' | 'gone'

function lookAt(store: Walked, digest: Uint8Array): Seen {
  const { value: bytes, fault } = attempt(() => store.get(digest))
  if (bytes !== undefined) return bytes.byteLength
  return fault !== undefined || store.isQuarantined(digest) ? 'damaged' : 'gone'
}

/** The pass after one more block. */
export function withBlock(pass: Pass, digest: Uint8Array, seen: Seen): Pass {
  return {
    started: pass.started,
    after: toBytes32(fromDigest(digest)),
    blocks: pass.blocks + (seen === 'gone' ? 0 : 1),
    bytes: pass.bytes + (typeof seen === 'number' ? seen : 0),
    damaged: pass.damaged + (seen === 'damaged' ? 1 : 0)
  }
}

/** What was noted of a pass, if it is worth going on with. */
export function readPass(noted: Uint8Array | undefined, now: number): Pass | undefined {
  if (noted === undefined) return undefined
  try {
    const { started, after, blocks, bytes, damaged } = JSON.parse(new TextDecoder().decode(noted)) as Record<
      keyof Pass,
      unknown
    >
    if (![started, blocks, bytes, damaged].every(isCount) || typeof after !== 'string') return undefined
    const pass = { started, after, blocks, bytes, damaged } as Pass
    fromBytes32(after as Bytes32)
    return pass.started > now || now - pass.started > STALE ? undefined : pass
  } catch {
    return undefined
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

export const writePass = (pass: Pass): Uint8Array => new TextEncoder().encode(JSON.stringify(pass))

/** A store that cannot be written can still be looked through; the next pass then begins anew. */
function note(store: Pick<Store, 'write'>, pass: Pass): void {
  if (pass.after === undefined) return
  attempt(() => store.write({ rows: new Map([[PASS, writePass(pass)]]) }))
}

/** What a store answers, or why it cannot. */
export function attempt<Value>(ask: () => Value): { readonly value?: Value; readonly fault?: string } {
  try {
    return { value: ask() }
  } catch (error) {
    if (!isArchiveError(error, 'STORE_UNAVAILABLE')) throw error
    return { fault: error.message }
  }
}

/** Lets other work have a turn, an interrupt among it. */
export const turn = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 0))
