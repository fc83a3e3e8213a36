import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { main } from '../../src/cli/main.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly stdin?: string | Uint8Array | undefined
  readonly tty?: boolean | undefined
  /** What a person at a terminal answers when asked. */
  readonly answer?: string | undefined
  readonly columns?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Runs a command line in this process, as the real one would. */
export async function run(argv: readonly string[], options: RunOptions): Promise<Ran> {
  const { cwd, env = {}, answer, stdin = answer ?? '', tty = false, columns, signal } = options
  const [stdout, stderr] = [sink(tty, columns), sink(tty, columns)]
  const input = Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY: answer !== undefined })
  const code = await main(argv, { cwd, env, stdin: input, stdout, stderr, signal })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function sink(isTTY: boolean, columns: number | undefined) {
  const chunks: Uint8Array[] = []
  return {
    isTTY,
    columns,
    write: (chunk: string | Uint8Array) => {
      chunks.push(Buffer.from(chunk))
    },
    text: () => Buffer.concat(chunks).toString()
  }
}

/** A folder of its own for a test, with files in it. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'trend-archive-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

/** An HTTP server on a free port, which ends with the test. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A node that nobody runs. */
export const NOWHERE = 'http://127.0.0.1:9'

/** The one JSON document that a text is; read loosely, as a script would. */
export const json = (text: string): Loose => JSON.parse(text) as Loose
export interface Loose {
  readonly [key: string]: Loose
  readonly [index: number]: Loose
}
