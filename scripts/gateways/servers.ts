/** The hostile gateways in a process of their own, so that what they use is not counted as ours. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { serveHostile } from '../../test/block/hostile-servers.ts'

export interface Servers {
  readonly hostile: Readonly<Record<string, string>>
  readonly good: string
  /** How often the machine inside was asked since the last time. */
  insideHits: () => Promise<number>
  close: () => Promise<void>
}

/** Starts the servers; each is asked for the same bytes. */
export async function startServers(bytes: Uint8Array): Promise<Servers> {
  const child = fork(fileURLToPath(import.meta.url))
  const ask = async <Answer>(question: unknown): Promise<Answer> => {
    const answered = once(child, 'message') as Promise<[Answer]>
    child.send(question as string)
    return (await answered)[0]
  }
  const urls = await ask<Pick<Servers, 'hostile' | 'good'>>({ bytes: [...bytes] })
  return { ...urls, insideHits: async () => await ask<number>('hits'), close: async () => await stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill()
  await ended
}

if (process.send !== undefined && import.meta.main) {
  process.once('message', async ({ bytes }: { readonly bytes: readonly number[] }) => {
    const { hostile, good, insideHits } = await serveHostile(Uint8Array.from(bytes))
    let told = 0
    process.on('message', () => {
      process.send?.(insideHits() - told)
      told = insideHits()
    })
    process.send?.({ hostile, good })
  })
}
