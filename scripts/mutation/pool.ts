import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Judgement, Setting } from './worker.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/**
 * Has each source judged by one of several processes; the judgements come in the order of the sources.
 * @throws When a worker dies: a mutant that nobody judged is not a mutant that was killed.
 */
export async function judgeAll(
  setting: Setting,
  sources: readonly string[],
  { workers, onJudged }: { readonly workers: number; readonly onJudged?: (done: number) => void }
): Promise<readonly Judgement[]> {
  const judgements: Judgement[] = []
  let next = 0
  let done = 0
  const lane = async (): Promise<void> => {
    const worker = fork(WORKER)
    worker.send(setting)
    try {
      for (let index = next++; index < sources.length; index = next++) {
        judgements[index] = await ask(worker, sources[index]!)
        onJudged?.(++done)
      }
    } finally {
      worker.kill()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, sources.length) }, lane))
  return judgements
}

async function ask(worker: ChildProcess, source: string): Promise<Judgement> {
  const stop = new AbortController()
  const { signal } = stop
  const died = once(worker, 'exit', { signal }).then(([code]) => {
    throw new Error(`a worker ended with code ${code} while it judged a mutant`)
  })
  try {
    const answer = once(worker, 'message', { signal })
    worker.send(source)
    const [judgement] = (await Promise.race([answer, died])) as [Judgement]
    return judgement
  } finally {
    died.catch(() => undefined)
    stop.abort()
  }
}
