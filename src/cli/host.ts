import type { Environment } from './output.ts'
import type { Sink } from './sink.ts'

/** What the process lends a command. A test lends its own. */
export interface Host {
  readonly env: Environment
  /** The folder that relative paths start from. */
  readonly cwd: string
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly stdout: Sink
  readonly stderr: Sink
  /** Aborts when the user interrupts. */
  readonly signal?: AbortSignal | undefined
}
