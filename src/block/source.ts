import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { orAborted } from './abort.ts'
import { type Block, checkBlock } from './block.ts'
import type { TrendCid } from './cid.ts'

/**
 * Somewhere bytes may be had: a Helia node, a gateway, a CAR file.
 *
 * A source is never trusted. It MAY lie, stall or answer late; whoever calls it hashes what it returns. It MUST stop
 * work when `signal` aborts, MUST reject when it does not have the block, and SHOULD say why in the error's message; with
 * SOURCE_UNREACHABLE where it cannot tell whether it has it.
 */
export interface BlockSource {
  readonly name: string
  get: (cid: TrendCid, options?: Abortable) => Promise<Uint8Array<ArrayBuffer>>
}

/**
 * Asks every source at once and takes the first honest answer, then stops the rest.
 * @throws BLOCK_UNAVAILABLE when no source delivers; its cause holds one reason a source
 */
export async function fetchBlock(
  sources: readonly BlockSource[],
  cid: TrendCid,
  { signal }: Abortable = {}
): Promise<Block> {
  signal?.throwIfAborted()
  const race = new AbortController()
  const raced = signal === undefined ? race.signal : AbortSignal.any([signal, race.signal])
  try {
    return await orAborted(raced, Promise.any(sources.map((source) => ask(source, cid, raced))))
  } catch (cause) {
    signal?.throwIfAborted()
    const errors: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
    const reasons = errors.map(reasonOf)
    const transient = errors.some((error) => isArchiveError(error, 'SOURCE_UNREACHABLE'))
    const details = { cid: String(cid), sources: sources.map(({ name }) => name), reasons, transient }
    const why = sources.length === 0 ? 'no source to ask' : reasons.join('; ')
    throw new ArchiveError('BLOCK_UNAVAILABLE', `no source delivered ${cid}: ${why}`, details, { cause })
  } finally {
    race.abort()
  }
}

async function ask(source: BlockSource, cid: TrendCid, signal: AbortSignal): Promise<Block> {
  const block = await checkBlock(cid, await source.get(cid, { signal }))
  if (block === undefined) {
    const details = { cid: String(cid), source: source.name }
    throw new ArchiveError('BLOCK_MISMATCH', `${source.name} sent other bytes for ${cid}`, details)
  }
  return block
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
