import { Interface, recoverAddress, type Signer } from 'ethers'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, parseAddress } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { checkAccount } from './account.ts'
import { declined, isDeclined } from './ethers.ts'
import type { PublishMessage, Signature } from './registry.ts'
import type { Request } from './request.ts'
import { withoutPayload } from './transaction.ts'
import { DOCUMENT_TYPES, type DocumentMessage, type Place, PUBLISH_TYPES, registryDomain } from './typed-data.ts'

/** r, s and v of 27 or 28: the one spelling that the contract takes. */
const KEY_SIGNATURE = /^0x[0-9a-f]{128}1[bc]$/i

/**
 * Signs a message, so that anyone may publish it at this registry until its deadline. Nothing is sent.
 * @throws INVALID_OPTION when the signer is not the editor that the message names
 * @throws NO_ACCOUNT when whoever holds the key declines or cannot sign, or the account is a dev chain's and the chain is
 * another
 */
export async function signPublish(signer: Signer, place: Place, message: PublishMessage): Promise<Signature> {
  const account = parseAddress(await signer.getAddress())
  checkAccount(account, place.chain)
  if (account !== message.editor.toLowerCase()) {
    const rule = `the message is for ${message.editor} to sign, and the signer is ${account}`
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'editor', rule })
  }
  return await signed(account, () =>
    signer.signTypedData({ ...registryDomain(place) }, { Publish: [...PUBLISH_TYPES.Publish] }, message)
  )
}

/**
 * Signs that a publisher stands by a document, in the domain of a registry that need not know of it. Nothing is sent.
 * @throws as {@link signPublish}; INVALID_OPTION when the signer is not the publisher
 */
export async function signDocument(signer: Signer, place: Place, message: DocumentMessage): Promise<Signature> {
  const account = parseAddress(await signer.getAddress())
  checkAccount(account, place.chain)
  if (account !== message.publisher.toLowerCase()) {
    const rule = `the document is ${message.publisher}'s to stand by, and the signer is ${account}`
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'publisher', rule })
  }
  return await signed(account, () =>
    signer.signTypedData({ ...registryDomain(place) }, { Document: [...DOCUMENT_TYPES.Document] }, message)
  )
}

async function signed(account: Address, sign: () => Promise<string>): Promise<Signature> {
  try {
    return (await sign()) as Signature
  } catch (error) {
    if (isDeclined(error)) throw declined(account)
    const cause = withoutPayload(error)
    const rule = `${account} cannot sign typed data: ${cause.message}`
    throw new ArchiveError('NO_ACCOUNT', rule, { rule }, { cause })
  }
}

/** Whether an account's key signed these 32 bytes, as the contract judges it of an account without code. */
export function isSignedBy(account: Address, digest: Bytes32, signature: Signature): boolean {
  if (!KEY_SIGNATURE.test(signature)) return false
  try {
    return recoverAddress(digest, signature).toLowerCase() === account.toLowerCase()
  } catch {
    // A high s, or an r that is on no curve.
    return false
  }
}

const WALLET = new Interface(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)'])
/** What a contract wallet answers for yes (ERC-1271), as a word. */
const YES = `0x1626ba7e${'0'.repeat(56)}`

/**
 * Whether an account signed 32 bytes, as the contract judges it now: one without code by its key, one with code by what
 * the code says (ERC-1271). `undefined` where the node does not tell; a transaction that is tried out settles it.
 */
export async function isSignedOnChain(
  request: Request,
  account: Address,
  digest: Bytes32,
  signature: Signature,
  options: Abortable = {}
): Promise<boolean | undefined> {
  try {
    const code = await request({ method: 'eth_getCode', params: [account, 'latest'] }, options)
    if (code === '0x') return isSignedBy(account, digest, signature)
    const data = WALLET.encodeFunctionData('isValidSignature', [digest, signature])
    const answer = await request({ method: 'eth_call', params: [{ to: account, data }, 'latest'] }, options)
    return typeof answer === 'string' && answer.toLowerCase().startsWith(YES)
  } catch {
    options.signal?.throwIfAborted()
    return undefined
  }
}
