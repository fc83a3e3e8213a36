import { checkBlock } from '../block/block.ts'
import type { TrendCid } from '../block/cid.ts'
import type { BlockSource } from '../block/source.ts'
import { type ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable, Advance, Progress } from '../options.ts'
import { medianOf } from './sample.ts'

/** What one place answered when it was asked for documents whose bytes are known. */
export interface CopyFigures {
  readonly source: string
  readonly asked: number
  /** Answers that were the bytes, answers that were others, and answers that there are none. */
  readonly honest: number
  readonly wrong: number
  readonly missing: number
  /** Times that it could not be told, because nobody answered. */
  readonly unreachable: number
  /** What it said then, the last time. */
  readonly reason?: string | undefined
  /** Milliseconds of the middle one of the honest answers. */
  readonly median: number | undefined
}

export interface CopiesFound {
  /** Documents that were asked for. */
  readonly documents: number
  /** Those of them that at least one place has. */
  readonly elsewhere: number
  readonly sources: readonly CopyFigures[]
}

type Answer = 'honest' | 'wrong' | 'missing' | 'unreachable'

interface Answered {
  readonly answer: Answer
  readonly reason?: string | undefined
}

/** Documents asked of one source at a time: it is a check, and no reason to press anybody. */
const LANES = 4
/** After so many times in a row without an answer a source is left alone. */
const PATIENCE = 3

/** Asks every source for every one of some documents, and hashes what it sends. */
export async function lookForCopies(
  sources: readonly BlockSource[],
  cids: readonly TrendCid[],
  { signal, onProgress }: Abortable & Progress<Advance>
): Promise<CopiesFound> {
  const found = new Set<TrendCid>()
  const total = sources.length * cids.length
  let done = 0
  const onAnswer = (cid: TrendCid, answer: Answer): void => {
    if (answer === 'honest') found.add(cid)
    onProgress?.({ type: 'advanced', unit: 'documents', done: ++done, total })
  }
  const figures = await Promise.all(sources.map(async (source) => await askForAll(source, cids, { signal, onAnswer })))
  return { documents: cids.length, elsewhere: found.size, sources: figures }
}

async function askForAll(
  source: BlockSource,
  cids: readonly TrendCid[],
  { signal, onAnswer }: Abortable & { readonly onAnswer: (cid: TrendCid, answer: Answer) => void }
): Promise<CopyFigures> {
  const counts: Record<Answer, number> = { honest: 0, wrong: 0, missing: 0, unreachable: 0 }
  const times: number[] = []
  let silent = 0
  let last: string | undefined
  let next = 0
  const lane = async (): Promise<void> => {
    for (let cid = cids[next++]; cid !== undefined && silent < PATIENCE; cid = cids[next++]) {
      const began = performance.now()
      const { answer, reason } = await ask(source, cid, { signal })
      onAnswer(cid, answer)
      counts[answer]++
      silent = answer === 'unreachable' ? silent + 1 : 0
      last = reason ?? last
      if (answer === 'honest') times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  const asked = counts.honest + counts.wrong + counts.missing + counts.unreachable
  return { source: source.name, asked, ...counts, reason: last, median: medianOf(times) }
}

async function ask(source: BlockSource, cid: TrendCid, { signal }: Abortable): Promise<Answered> {
  signal?.throwIfAborted()
  try {
    const block = await checkBlock(cid, await source.get(cid, { signal }))
    return { answer: block === undefined ? 'wrong' : 'honest' }
  } catch (error) {
    signal?.throwIfAborted()
    // Some look at the bytes themselves.
    if (isArchiveError(error, 'BLOCK_MISMATCH')) return { answer: 'wrong' }
    return isUnreachable(error) ? { answer: 'unreachable', reason: error.message } : { answer: 'missing' }
  }
}

const isUnreachable = (error: unknown): error is ArchiveError =>
  isArchiveError(error, 'SOURCE_UNREACHABLE') ||
  isArchiveError(error, 'REMOTE_FAILED') ||
  isArchiveError(error, 'NO_ACCOUNT')
