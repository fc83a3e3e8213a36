import type { Store } from '../block/store.ts'

/** Where the last audit is kept in the store. */
export const LAST = 'audit/last'

/** What the last audit came to. */
export interface LastAudit {
  readonly finished: Date
  readonly damaged: number
  readonly lost: number
  readonly faults: number
}

/** The last audit that came to its end; `undefined` where there was none. */
export function lastAudit(store: Pick<Store, 'row'>): LastAudit | undefined {
  const noted = store.row(LAST)
  if (noted === undefined) return undefined
  try {
    const { finished, damaged, lost, faults } = JSON.parse(new TextDecoder().decode(noted)) as LastAudit
    const date = new Date(finished)
    return Number.isNaN(date.getTime()) ? undefined : { finished: date, damaged, lost, faults }
  } catch {
    return undefined
  }
}

export const writeLast = (last: LastAudit): Uint8Array => new TextEncoder().encode(JSON.stringify(last))
