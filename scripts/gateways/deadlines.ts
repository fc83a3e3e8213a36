import { setTimeout as sleep } from 'node:timers/promises'
import type { TrendCid } from '../../src/block/cid.ts'
import { heliaBlocks } from '../../src/block/helia.ts'
import { type FetchOptions, fetchBlock } from '../../src/block/source.ts'
import { openStore } from '../../src/block/store.ts'
import { openSetUps, type SetUp } from '../../test/block/set-ups.ts'
import { openStuck } from './helia.ts'
import type { Row } from './hostile.ts'
import type { Servers } from './servers.ts'

const LIMIT = 2_000
const LATEST = 2_200
/** Where a call has not ended by then, it is not waited for. */
const NEVER = 10_000

/** Every set-up of sources twice at once, by a deadline and by a signal: does each call end within a tenth of it? */
export async function deadlines({ hostile }: Servers, cid: TrendCid): Promise<readonly Row[]> {
  const { all: sound, close } = await openSetUps(hostile)
  const node = await openStuck(Object.values(hostile))
  const store = openStore(':memory:')
  const stuck = heliaBlocks(node, store, { name: 'stuck' })
  const all: readonly SetUp[] = [
    ...sound,
    ['Helia with gateways only', [stuck]],
    ['all of them, and Helia with gateways only', [stuck, ...sound.flatMap(([, sources]) => sources)]]
  ]
  const ways: readonly (readonly [string, () => FetchOptions])[] = [
    ['deadline', () => ({ deadline: LIMIT })],
    ['signal', () => ({ deadline: 60_000, signal: AbortSignal.timeout(LIMIT) })]
  ]
  try {
    return await Promise.all(
      all.flatMap(([name, sources]) =>
        ways.map(async ([way, options]): Promise<Row> => {
          const begun = performance.now()
          const told = await Promise.race([
            fetchBlock(sources, cid, options()).then(
              () => 'a block that nobody has',
              (error: Error) => error.name
            ),
            sleep(NEVER, 'a call that does not end', { ref: false })
          ])
          const milliseconds = performance.now() - begun
          return {
            name: `${name}, by ${way}`,
            milliseconds,
            held: milliseconds <= LATEST && !told.startsWith('a '),
            told
          }
        })
      )
    )
  } finally {
    await close()
    await node.stop()
    store.close()
  }
}
