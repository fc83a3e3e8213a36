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
    const worker = fork(WORKER, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    const died = deathOf(worker)
    worker.send(setting)
    try {
      for (let index = next++; index < sources.length; index = next++) {
        const answer = once(worker, 'message')
        worker.send(sources[index]!)
        judgements[index] = (await Promise.race([answer, died]))[0]
        onJudged?.(++done)
      }
    } finally {
      worker.kill()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, sources.length) }, lane))
  return judgements
}

/** Rejects with what the worker had to say; a worker that is not needed any more may end in peace. */
function deathOf(worker: ChildProcess): Promise<never> {
  let said = ''
  worker.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const died = once(worker, 'close').then(([code]) => {
    throw new Error(`a worker ended with code ${code} while it judged a mutant\n${said}`)
  })
  died.catch(() => undefined)
  return died
}
