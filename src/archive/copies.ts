import type { PinReceipt } from '../block/receipts.ts'

/** A remote holds a document when it says so and its bytes were fetched from it again and had the right digest. */
export const isHeld = ({ status, checkedAt, fault }: PinReceipt): boolean =>
  status === 'pinned' && checkedAt !== undefined && fault === undefined

/** Whether a document is held, and was looked at so recently that it need not be again. */
export const isFresh = (receipt: PinReceipt, now: number, freshFor: number): boolean =>
  isHeld(receipt) && Date.parse(receipt.checkedAt ?? '') > now - freshFor

/** The remotes that hold a document, by name. */
export const holdersOf = (cid: string, receipts: readonly PinReceipt[]): readonly string[] =>
  receipts.filter((receipt) => receipt.cid === cid && isHeld(receipt)).map(({ remote }) => remote)

/** The documents that fewer than so many remotes hold. */
export function lacking(cids: readonly string[], receipts: readonly PinReceipt[], copies: number): readonly string[] {
  const held = new Map<string, number>()
  for (const receipt of receipts) if (isHeld(receipt)) held.set(receipt.cid, (held.get(receipt.cid) ?? 0) + 1)
  return cids.filter((cid) => (held.get(cid) ?? 0) < copies)
}
