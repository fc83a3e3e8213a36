import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Host } from './host.ts'

/** Asks on the terminal whether to go on. Nothing but `y` and `yes` is a yes. Rejects when the user gives up. */
export async function askYes(host: Host, question: string): Promise<boolean> {
  return /^y(?:es)?$/i.test((await askLine(host, `${question} [y/N]`, false)).trim())
}

/** Asks for a secret on the terminal, without showing what is typed. Rejects when the user gives up. */
export async function askSecret(host: Host, question: string): Promise<string> {
  return await askLine(host, question, true)
}

async function askLine({ stdin, stderr, signal }: Host, question: string, isSecret: boolean): Promise<string> {
  signal?.throwIfAborted()
  stderr.write(`${question}: `)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isSecret })
  try {
    return await new Promise<string>((resolve, reject) => {
      const giveUp = (): void => reject(new DOMException('interrupted', 'AbortError'))
      lines.once('line', resolve).once('SIGINT', giveUp).once('close', giveUp)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  } finally {
    lines.close()
    if (isSecret) stderr.write('\n')
  }
}
