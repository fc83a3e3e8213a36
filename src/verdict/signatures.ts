import { toBytes32 } from '../block/cid.ts'
import { signatureOf } from '../document/members.ts'
import { type Address, parsePublisher, toPublisher } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { Accounts } from '../registry/accounts.ts'
import { recoverKey } from '../registry/recovery.ts'
import type { ChainBlock, TrustMode } from '../registry/registry.ts'
import { documentDigest } from '../registry/typed-data.ts'
import {
  isWrapped,
  LONGEST_SIGNATURE,
  readWalletAnswer,
  unwrap,
  type WalletAnswer,
  walletQuery
} from '../registry/wallet-query.ts'
import { NOBODY } from './check.ts'
import type { SignatureFound } from './evidence.ts'
import type { Named } from './library.ts'
import type { Statement } from './statement.ts'

/** How many statements are looked at; more about one document are nobody's need. */
const MOST = 16

/** Where it is asked what accounts say: at the block that is judged, if the chain answered. */
export interface Witness {
  readonly registry: Address
  /** How the registry is read, and by how many. */
  readonly mode?: TrustMode | undefined
  readonly readers?: number | undefined
  readonly accounts: Accounts | undefined
  readonly at: ChainBlock | undefined
}

/**
 * Looks whether statements are of a document's publisher, in the domain of the verifier's own registry. An account with
 * code speaks by its code alone (ERC-1271), also one delegated by EIP-7702; one without code by its key, or by the code
 * that it would have (ERC-6492). Nothing throws but an abort.
 */
export async function weighStatements(
  statements: readonly Statement[],
  named: Named,
  witness: Witness,
  options: Abortable = {}
): Promise<readonly SignatureFound[]> {
  return await Promise.all(
    statements.map(async (statement, i) =>
      i < MOST
        ? await weighStatement(statement, named, witness, options)
        : found('unknown', `not looked at: there are more than ${MOST}`)
    )
  )
}

const found = (
  outcome: SignatureFound['outcome'],
  detail: string,
  by?: SignatureFound['by'],
  trusted: string = NOBODY
): SignatureFound => ({ outcome, ...(by !== undefined && { by }), detail, trusted })

async function weighStatement(
  { chain, registry, publisher, cid, signature }: Statement,
  named: Named,
  witness: Witness,
  options: Abortable
): Promise<SignatureFound> {
  const author = parsePublisher(named.document.publisher)
  if (String(cid) !== String(named.cid)) return found('fail', `is about ${cid}`)
  const signer = toPublisher(chain, publisher)
  if (signer !== named.document.publisher) {
    return found('fail', `is of ${signer}, and the document names ${named.document.publisher}`)
  }
  if (registry !== witness.registry) {
    return found('fail', `is for the registry ${registry}, and that of ${chain} is ${witness.registry}`)
  }
  const [rule, holds] = signatureOf(LONGEST_SIGNATURE)
  if (!holds(signature)) return found('fail', `is not ${rule}`)
  // The place is the verifier's own, and the digest that of the bytes: nothing of the statement is in what was signed.
  const place = { chain: author.chain, address: witness.registry }
  const digest = documentDigest(place, { publisher: author.address, digest: toBytes32(named.cid) })
  const wrapped = isWrapped(signature) ? unwrap(signature) : undefined
  if (isWrapped(signature) && wrapped === undefined) return found('fail', 'is wrapped in no way that ERC-6492 has')
  const isByKey = recoverKey(digest, signature) === author.address
  const { accounts, at } = witness
  const isWeaker = accounts !== undefined && weaker(accounts, witness)
  if (accounts === undefined || at === undefined) return withoutChain(author.address, isByKey)
  try {
    const query = walletQuery(author.address, digest, signature, wrapped)
    const answer = readWalletAnswer(await accounts.run(query, at, options))
    if (answer === undefined) {
      return found('unknown', 'the node answers with something else than was asked', undefined, accounts.trust)
    }
    const where = `at block ${at.number}`
    if (!answer.hasCode && wrapped === undefined) return byKey(author.address, isByKey)
    if (isWeaker) return found('unknown', sayWeaker(accounts, witness), undefined, accounts.trust)
    return answer.hasCode ? byCode(answer, where, accounts.trust) : byCodeToBe(answer, where, accounts.trust)
  } catch (error) {
    options.signal?.throwIfAborted()
    const why = isArchiveError(error) ? error.message : 'the node does not say what the account says'
    return found('unknown', why, undefined, accounts.trust)
  }
}

/** Whether less is asked of an account's code than of the registry, so that its word would undo what that is read for. */
function weaker(accounts: Accounts, { mode = 'rpc', readers = 1 }: Witness): boolean {
  return (mode !== 'rpc' && (accounts.mode ?? 'rpc') !== mode) || (accounts.readers ?? 1) < readers
}

const sayWeaker = ({ mode = 'rpc', readers = 1 }: Accounts, witness: Witness): string =>
  `what its account's code says is read by ${mode} (${readers}), and the registry by ${witness.mode ?? 'rpc'} (${witness.readers ?? 1})`

const byKey = (account: Address, isByKey: boolean): SignatureFound =>
  isByKey
    ? found('pass', `by the key of ${account}`, 'key')
    : found('fail', `is not by the key of ${account}, which has no code`, 'key')

/** A key is a key without a chain. Whether there is code that speaks in its place, or at all, only the chain knows. */
const withoutChain = (account: Address, isByKey: boolean): SignatureFound =>
  isByKey
    ? found('pass', `by the key of ${account}; whether the account has code was not asked`, 'key')
    : found('unknown', `is not by the key of ${account}, and whether it has code that says yes was not asked`)

const byCode = ({ saysYes }: WalletAnswer, where: string, trust: string): SignatureFound =>
  saysYes
    ? found('pass', `its account's code says yes ${where}`, 'ERC-1271', trust)
    : found('fail', `its account's code does not say yes ${where}`, 'ERC-1271', trust)

function byCodeToBe({ hasCodeThen, saysYesThen }: WalletAnswer, where: string, trust: string): SignatureFound {
  if (saysYesThen) return found('pass', `the code that its account would have says yes ${where}`, 'ERC-6492', trust)
  const why = hasCodeThen ? 'the code that its account would have does not say yes' : 'it makes no code at its account'
  return found('fail', `${why} ${where}`, 'ERC-6492', trust)
}
