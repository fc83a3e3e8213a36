import type { ChainBlock, Receipt, Registry, RegistryWriter } from '../registry/registry.ts'
import { gone, type Settled, type WaitOptions } from './wait.ts'

/** Something that is done on a chain, and done again where a reorganisation takes it back. */
export interface Deed<Done> {
  /** Does what is left to do. @param before what it came to before a reorganisation took that back */
  readonly act: (before: Done | undefined) => Promise<Done>
  /** The transactions that it took; none where nothing was left to do. */
  readonly receiptsOf: (done: Done) => readonly Receipt[]
  /**
   * Whether what it records is recorded in the state of a block: a transaction may be mined again in a block where it comes
   * to less. Absent where that cannot be.
   */
  readonly isRecordedAt?: ((done: Done, at: ChainBlock) => Promise<boolean>) | undefined
  /** Whether nothing of it is left to do in the state of a block. */
  readonly isDoneAt: (done: Done, at: ChainBlock) => Promise<boolean>
}

/** What came of a deed. */
export interface SeenThrough<Done> {
  readonly done: Done
  /** The transactions, in the blocks that hold them now. */
  readonly receipts: readonly Receipt[]
  /** Absent where only inclusion was asked for. */
  readonly settled: Settled | undefined
}

/** How often the same is sent: each time costs. */
const ATTEMPTS = 10

/**
 * Does something and waits until it is as sure as asked. What a reorganisation takes back is looked for in another block,
 * and done again where it is in none. Nothing is called settled whose block, or whose state, was not compared.
 * @throws NOT_SETTLED
 */
export async function seeThrough<Done>(
  registry: Registry & RegistryWriter,
  { act, receiptsOf, isRecordedAt, isDoneAt }: Deed<Done>,
  options: WaitOptions
): Promise<SeenThrough<Done>> {
  const { wait = 'included' } = options
  if (wait === 'included') {
    const done = await act(undefined)
    return { done, receipts: receiptsOf(done), settled: undefined }
  }
  // Most publications wait for nothing, so what waits is loaded when it is wanted.
  const { watchUntil } = await import('./settling.ts')
  const watch = await watchUntil(registry, wait, options)
  let done: Done | undefined
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    done = await act(done)
    const now = done
    const sent = receiptsOf(now)
    const found =
      sent.length > 0
        ? await watch.receipts(sent, isRecordedAt && ((at) => isRecordedAt(now, at)))
        : await watch.state((at) => isDoneAt(now, at))
    if (found !== undefined) {
      options.onProgress?.({ type: 'settled', settled: found.settled })
      return { done, ...found }
    }
    await registry.settle({ ...options, isReorged: true })
  }
  throw gone(wait, `it left the chain ${ATTEMPTS} times`)
}
