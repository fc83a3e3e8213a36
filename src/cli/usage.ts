/** A command line that makes no sense, told before anything is done. Never carries a key. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'USAGE'
  readonly hint: string | undefined

  constructor(message: string, hint?: string | undefined) {
    super(withoutSecrets(message))
    this.hint = hint === undefined ? undefined : withoutSecrets(hint)
  }
}

/** A key that was typed in the wrong place must not be repeated; no usage error is about 64 hex digits. */
const withoutSecrets = (text: string): string =>
  text.replace(/(?:0x)?[0-9a-f]{64,}/gi, '[hidden]').replace(/('--[^'=\s]+)=[^']*'/g, "$1=…'")
