/** One broken rule of the document format: where, which, and what to do about it. */
export interface Issue {
  /** Where: `$` is the document, `$.claims[0].text` a field of it. */
  readonly path: string
  /** Which rule, as a short statement of what is asked. */
  readonly rule: string
  /** How to mend it, where that is not plain from the rule. */
  readonly mend?: string | undefined
}

/**
 * Every failure this library raises, by code. The details are part of the API: a caller may switch on `code` and read
 * `details` without parsing a message.
 */
export interface ErrorDetails {
  /** A draft or stored document breaks rules of the format; `path` and `rule` are those of the first issue. */
  INVALID_DOCUMENT: { readonly path: string; readonly rule: string; readonly issues: readonly Issue[] }
  /** Bytes decode to a document, but are not its canonical encoding. */
  NOT_CANONICAL: { readonly offset: number }
  /** An envelope that was to be relayed is none, or its message is not about the documents in it. */
  INVALID_ENVELOPE: { readonly path: string; readonly rule: string }
  /** What was to be a publisher's signature of a document is none. */
  INVALID_STATEMENT: { readonly path: string; readonly rule: string }
  /** A CID is malformed or outside the archive's profile. */
  UNSUPPORTED_CID: { readonly cid: string; readonly rule: string }
  /** A CAR breaks a rule of its format at a byte of it, or has other bytes than its CIDs name. */
  INVALID_CAR: { readonly offset: number; readonly rule: string; readonly cid?: string | undefined }
  /** A source answered with bytes that do not hash to the CID asked for. */
  BLOCK_MISMATCH: { readonly cid: string; readonly source: string }
  /** A source could not be reached, timed out or asked to come back later: whether it has the block is not known. */
  SOURCE_UNREACHABLE: {
    readonly source: string
    readonly reason?: SourceReason
    readonly status?: number
    readonly retryAfter?: number
  }
  /** A source answered, and not with the block: it does not have it, or what it sent cannot be it. */
  NOT_DELIVERED: { readonly source: string; readonly reason: SourceReason; readonly status?: number }
  /**
   * No source could deliver the block. `cause` is an AggregateError with one error a source. `failures` says of each
   * source what went wrong, and `reasons` the same in words. `transient` where one of them could not be reached, so that
   * asking again may help.
   */
  BLOCK_UNAVAILABLE: {
    readonly cid: string
    readonly sources: readonly string[]
    readonly reasons: readonly string[]
    readonly failures: readonly SourceFailure[]
    readonly transient: boolean
  }
  /** A sink could not make a block durable; nothing was recorded. */
  PIN_FAILED: { readonly cid: string; readonly sink: string }
  /** A pinning service or a bucket did not do what it was asked. Never carries a secret, nor a URL. */
  REMOTE_FAILED: {
    readonly remote: string
    readonly reason: RemoteReason
    /** The HTTP status, where there was an answer. */
    readonly status?: number | undefined
  }
  /** The archive's database cannot be opened or used. */
  STORE_UNAVAILABLE: { readonly file: string; readonly rule: string }
  /** The registry could not be read, or written to: nobody answered, or it is not the registry. Never "not registered". */
  REGISTRY_UNAVAILABLE: { readonly registry: string; readonly reason: UnavailableReason }
  /**
   * Readers of the chain gave different answers to one question, so one of them lies or lags. What each said, in words;
   * no majority decides.
   */
  REGISTRY_DISAGREES: {
    readonly registry: string
    readonly question: string
    readonly answers: readonly { readonly reader: string; readonly answer: string }[]
  }
  /** A proof bundle breaks a rule of its format, or lacks what it must have. */
  INVALID_BUNDLE: { readonly rule: string; readonly cid?: string | undefined }
  /** The registry refused a transaction. `reason` is the custom error's name, `args` its decoded arguments. */
  REGISTRY_REJECTED: {
    readonly reason: string
    readonly args: Readonly<Record<string, string>>
    readonly transaction?: string | undefined
  }
  /**
   * A transaction was sent and is not known to be mined; it may still be. `transactions` are all that were sent under
   * its `nonce`, the newest last, of which at most one is mined; none where another process sent it. `cause` is the
   * reason of the signal where the wait was aborted.
   */
  TRANSACTION_PENDING: {
    readonly account?: string | undefined
    readonly nonce?: number | undefined
    readonly transactions: readonly string[]
  }
  /**
   * What was sent, or found done, is not as sure as it was waited for. `block` is the one that holds it, where that is
   * known; `transaction` the one that was sent, where this call sent it.
   */
  NOT_SETTLED: {
    readonly wanted: 'safe' | 'final'
    readonly reason: UnsettledReason
    readonly block?: { readonly number: string; readonly hash: string } | undefined
    readonly transaction?: string | undefined
  }
  /** The chain asks for more than the caller would pay: wei for a unit of gas, in decimal. Nothing was sent. */
  FEE_TOO_HIGH: { readonly asked: string; readonly most: string }
  /** A lineage does not hold together at `cid`. */
  BROKEN_LINEAGE: { readonly cid: string; readonly rule: string }
  /** A name resolves to nothing. */
  NOT_FOUND: { readonly name: string }
  /** A name is spelled wrongly: not a CID, `ipfs://` URI, `publisher/slug` or `publisher/slug@version`. */
  INVALID_NAME: { readonly name: string; readonly rule: string }
  /** A key is needed and there is none, or it is refused. Never carries the key. */
  NO_ACCOUNT: { readonly rule: string }
  /** An option, a setting or a combination of them makes no sense. */
  INVALID_OPTION: { readonly option: string; readonly rule: string }
  /** The runtime lacks something, e.g. `crypto.subtle` on a page that is not a secure origin; or a chain's EVM does. */
  UNSUPPORTED_RUNTIME: { readonly needs: string }
}

export type ErrorCode = keyof ErrorDetails

/** Why a remote did not do what it was asked. */
export type RemoteReason =
  | 'unreachable' // no answer, or none in time
  | 'busy' // it asked to come back later, and was given up
  | 'fault' // its own fault: a status of 500 and above
  | 'refused' // the request is not to its liking
  | 'redirect' // it points elsewhere, where a secret does not go
  | 'too large' // its answer does not end in time
  | 'malformed answer' // its answer is not what the API says

/** What went wrong with one source of a block. */
export interface SourceFailure {
  readonly source: string
  readonly reason: SourceReason
  /** The HTTP status, where the source answered with one that is no block. */
  readonly status?: number
  /** Seconds until the source wants to be asked again, where it said so. */
  readonly retryAfter?: number
}

/** Why a source did not deliver a block. */
export type SourceReason =
  | 'does not have it' // it says so
  | 'wrong bytes' // what it sent is not what the CID names
  | 'not a block' // it sent a page, or no body at all
  | 'too large' // it announced or sent more bytes than a block may have
  | 'redirect' // it pointed elsewhere, and was not followed
  | 'status' // it answered with an HTTP status that says nothing more
  | 'rate limited' // it wants fewer questions
  | 'timed out' // it did not begin or finish in time
  | 'unreachable' // there is no connection, or it broke
  | 'refused address' // its name leads to a machine that is not on the public internet
  | 'failed' // anything else; the words are in `reasons`

/** Why something is not settled. */
export type UnsettledReason =
  | 'timed out' // it is in a block, and that is not safe or final yet
  | 'no new blocks' // the same, and the chain makes no blocks by itself
  | 'no tag' // the node does not tell which block is safe or final; nothing was sent
  | 'gone' // its block left the chain, and it could not be done again as it was

/** Why a registry could not be read. */
export type UnavailableReason =
  | 'no answer' // the node is down, timed out, or answered with an error
  | 'wrong chain' // the node serves another chain
  | 'no code' // there is no contract at the address
  | 'other code' // there is a contract at the address, and it is not the registry
  | 'unknown block' // the node does not know the block asked for, or it is no longer canonical
  | 'malformed answer' // the answer has another shape than the registry's
  | 'bad proof' // what was to prove the answer does not lead from the block's hash to it

/** The only class of error this library throws on purpose. Guard with {@link isArchiveError}, not `instanceof`. */
export class ArchiveError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ArchiveError'
  readonly code: Code
  readonly details: ErrorDetails[Code]
  /** What the caller can do about it, in one sentence. */
  readonly hint: string | undefined

  constructor(
    code: Code,
    message: string,
    details: ErrorDetails[Code],
    { hint, ...options }: ErrorOptions & { readonly hint?: string | undefined } = {}
  ) {
    super(message, options)
    this.code = code
    this.details = details
    this.hint = hint
  }
}

/** Narrows by name, not by class, so it holds across two copies of the package. */
export function isArchiveError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code
): error is ArchiveError<Code> {
  if (!(error instanceof Error) || error.name !== 'ArchiveError') return false
  return code === undefined || (error as ArchiveError).code === code
}
