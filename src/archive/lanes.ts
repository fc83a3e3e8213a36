/**
 * Works on many things, but on only so many at once; answers in the order of the things. After a failure nothing more is
 * begun, and it is thrown when what is under way has ended.
 */
export async function inLanes<Thing, Done>(
  things: readonly Thing[],
  lanes: number,
  work: (thing: Thing, index: number) => Promise<Done>
): Promise<readonly Done[]> {
  const done: Done[] = []
  const rest = things.entries()
  let hasFailed = false
  const lane = async (): Promise<void> => {
    try {
      for (const [i, thing] of rest) {
        if (hasFailed) return
        done[i] = await work(thing, i)
      }
    } catch (error) {
      hasFailed = true
      throw error
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(lanes, things.length) }, lane))
  const failed = ended.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return done
}
