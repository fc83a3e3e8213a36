import { isDeepStrictEqual } from 'node:util'
import type { Block } from '../../src/block/block.ts'
import { publicGateways } from '../../src/block/public-gateway.ts'
import { type FetchOptions, fetchBlock } from '../../src/block/source.ts'
import { isArchiveError, type SourceFailure } from '../../src/errors.ts'
import { HOSTILE } from '../../test/block/hostile.ts'
import type { Servers } from './servers.ts'

export interface Row {
  readonly name: string
  readonly milliseconds: number
  readonly held: boolean
  readonly told: string
}

/** Milliseconds that an honest gateway beside any other may take to be heard. */
const IN_TIME = 1_500
/** Some must run into a limit; the others have time. */
const LIMITS = { timeout: 1_500, firstByteTimeout: 1_000 }

/** Each way to be no good alone: is the reason the right one? */
export async function alone({ hostile }: Servers, block: Block): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const [name, url] of Object.entries(hostile)) {
    const { host } = new URL(url)
    const { error, milliseconds } = await timed(block, [url], { deadline: 2_500 })
    const failures = isArchiveError(error, 'BLOCK_UNAVAILABLE') ? error.details.failures : []
    const wanted: SourceFailure = { source: host, ...HOSTILE[name]!.failure }
    rows.push({ name, milliseconds, held: isDeepStrictEqual(failures, [wanted]), told: failures[0]?.reason ?? '-' })
  }
  return rows
}

/** Each with a good one behind it: is the block there in time? */
export async function besideGood({ hostile, good }: Servers, block: Block): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const [name, url] of Object.entries(hostile)) {
    const { error, milliseconds } = await timed(block, [url, good], {})
    const held = error === undefined && milliseconds < IN_TIME
    rows.push({ name, milliseconds, held, told: error === undefined ? 'the block' : String(error) })
  }
  return rows
}

/**
 * How much larger the process ever was than before, in MiB, while it was sent more than a block may be. What an answer left
 * behind is collected before the next: it is what one answer can take hold of that is measured, not how lazy a collector is.
 */
export async function memoryTaken({ hostile, good }: Servers, block: Block): Promise<number> {
  for (let time = 0; time < 20; time++) await timed(block, [good], {})
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let most = before
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 1)
  for (const name of ['announces too much', 'never ends', 'sends a decompression bomb']) {
    for (let time = 0; time < 20; time++) {
      await timed(block, [hostile[name]!], {})
      globalThis.gc?.()
    }
  }
  clearInterval(look)
  // The kernel knows the highest point between two looks.
  const highest = process.resourceUsage().maxRSS * 1_024
  return (Math.max(most, highest) - before) / 2 ** 20
}

async function timed(
  { cid }: Block,
  urls: readonly string[],
  options: FetchOptions
): Promise<{ readonly error: unknown; readonly milliseconds: number }> {
  // Opened anew, so that nothing is remembered of the time before.
  const { sources, close } = publicGateways(urls, LIMITS)
  const begun = performance.now()
  try {
    const error = await fetchBlock(sources, cid, options).then(
      () => undefined,
      (reason: unknown) => reason
    )
    return { error, milliseconds: performance.now() - begun }
  } finally {
    await close()
  }
}
