import { parseCid, type TrendCid } from '../block/cid.ts'
import { parseJson } from '../document/json.ts'
import { address, chain, checkMembers, type Rule, signatureOf } from '../document/members.ts'
import type { Address, Chain } from '../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Signature } from '../registry/registry.ts'
import { LONGEST_SIGNATURE } from '../registry/wallet-query.ts'

/**
 * A publisher's signature that it stands by a document, without a transaction: EIP-712 `Document(publisher, digest)` in
 * the domain of the registry on the publisher's chain (docs/SPEC.md, 9).
 *
 *     { "format": "trend-archive/statement@1", "chain": "eip155:1", "registry": "0x…", "publisher": "0x…",
 *       "cid": "bagaaiera…", "signature": "0x…" }
 */
export interface Statement {
  readonly chain: Chain
  readonly registry: Address
  readonly publisher: Address
  readonly cid: TrendCid
  readonly signature: Signature
}

const STATEMENT_FORMAT = 'trend-archive/statement@1'

/** The largest statement, in bytes: its signature in hex and some room. */
export const MAX_STATEMENT: number = 2 * LONGEST_SIGNATURE + 4096

/** A statement as text. */
export function sealStatement({ chain, registry, publisher, cid, signature }: Statement): string {
  const value = { format: STATEMENT_FORMAT, chain, registry, publisher, cid: String(cid), signature }
  return `${JSON.stringify(value, undefined, 2)}\n`
}

const RULES: Readonly<Record<keyof Statement | 'format', Rule>> = {
  format: [`"${STATEMENT_FORMAT}"`, (value) => value === STATEMENT_FORMAT],
  chain,
  registry: address,
  publisher: address,
  cid: ['the CID of a document: bagaaiera…', (value) => typeof value === 'string' && isCid(value)],
  signature: signatureOf(LONGEST_SIGNATURE)
}

/**
 * Reads a statement that may come from anyone. Its shape is all that is looked at: whether it is true, a verdict says.
 * @throws INVALID_STATEMENT naming the path and the rule
 */
export function parseStatement(input: Uint8Array | string): Statement {
  let value: unknown
  try {
    value = parseJson(input, MAX_STATEMENT)
  } catch (cause) {
    if (!isArchiveError(cause, 'INVALID_DOCUMENT')) throw cause
    throw invalid(cause.details.path, cause.details.rule, cause)
  }
  checkMembers('$', value, RULES, [], invalid)
  const {
    format: _,
    cid,
    ...rest
  } = value as Omit<Statement, 'cid'> & { readonly format: string; readonly cid: string }
  return { ...rest, cid: parseCid(cid) }
}

function isCid(text: string): boolean {
  try {
    parseCid(text)
    return true
  } catch (error) {
    if (!isArchiveError(error)) throw error
    return false
  }
}

const invalid = (path: string, rule: string, cause?: unknown): ArchiveError<'INVALID_STATEMENT'> =>
  new ArchiveError('INVALID_STATEMENT', `${path} ${rule}`, { path, rule }, { cause })
