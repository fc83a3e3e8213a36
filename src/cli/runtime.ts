const OLDEST = 24

/** What is asked of a process before anything else of it is used. */
export interface Runtime {
  readonly version: string
  readonly stderr: { write: (text: string) => unknown }
  exit: (code: number) => never
}

/** Ends the process with a sentence instead of a stack trace where Node is too old for the store. */
export function requireNode({ version, stderr, exit }: Runtime): void {
  if (Number(/^v(\d+)\./.exec(version)?.[1]) >= OLDEST) return
  stderr.write(`trend-archive needs Node ${OLDEST} or newer, and this is Node ${version}: see https://nodejs.org\n`)
  exit(1)
}
