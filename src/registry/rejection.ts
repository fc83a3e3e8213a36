import { ArchiveError } from '../errors.ts'

const HINTS: Readonly<Record<string, string>> = {
  StaleParent: 'the ref was moved in the meantime: read it again and try once more',
  AlreadyRecorded: 'this is on record already, or was retracted before it was published',
  AlreadyRetracted: 'this was retracted before; there is nothing left to do',
  NotEditor: 'sign as the publisher, or let the publisher make this account an editor: trend-archive editors add <it>',
  Expired: 'have it signed again with a later deadline',
  BadSignature:
    'it was signed by another account, for another registry or chain, or changed since: have it signed again',
  ZeroDigest: 'only the publisher deletes a ref, and nothing is published under the zero digest',
  InsufficientFunds: 'send the account some money for gas',
  Underpriced: 'wait until gas is cheaper: the transaction of the proxy is signed already, and cannot offer more',
  Reverted: 'the registry gives a reason whenever it refuses, so this ran out of gas: send fewer calls at once',
  Replaced: 'another transaction of the account took its place, so it did nothing: do it again',
  ZeroRef: 'name the ref that is to be moved'
}

export interface RejectionOptions {
  readonly transaction?: string | undefined
  readonly cause?: unknown
  /** What the registry was not even asked to do, because its answer is known. */
  readonly foreseen?: string | undefined
  /** @default what is to be done about the reason in general */
  readonly hint?: string | undefined
}

/** The contract's refusal as this library raises it: the custom error's name and its decoded arguments. */
export function rejected(
  reason: string,
  args: Readonly<Record<string, string>>,
  { transaction, cause, foreseen, hint = HINTS[reason] }: RejectionOptions = {}
): ArchiveError<'REGISTRY_REJECTED'> {
  const told = Object.entries(args).map(([name, value]) => `${name} ${value}`)
  const who = foreseen === undefined ? 'the registry refused' : `the registry would refuse ${foreseen}`
  const message = `${who}: ${[reason, ...told].join(', ')}`
  return new ArchiveError('REGISTRY_REJECTED', message, { reason, args, transaction }, { cause, hint })
}
