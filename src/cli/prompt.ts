import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Host } from './host.ts'

/** Asks for a secret on the terminal, without showing what is typed. Rejects when the user gives up. */
export async function askSecret({ stdin, stderr, signal }: Host, question: string): Promise<string> {
  signal?.throwIfAborted()
  stderr.write(`${question}: `)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      const giveUp = (): void => reject(new DOMException('interrupted', 'AbortError'))
      lines.once('line', resolve).once('SIGINT', giveUp).once('close', giveUp)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
