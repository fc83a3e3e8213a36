/** Where bytes go: a stream of the process, or a test's. */
export interface Sink {
  readonly isTTY?: boolean | undefined
  /** How many letters a terminal shows in a row. */
  readonly columns?: number | undefined
  /** False where its reader is slower than its writer, which should wait for `drain`. */
  write: (chunk: string | Uint8Array) => unknown
  once?: ((event: 'drain', listener: () => void) => unknown) | undefined
}
