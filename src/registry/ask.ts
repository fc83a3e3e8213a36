import type { Address } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { ADDRESS } from './bytecode.ts'
import type { Request } from './request.ts'
import { withoutPayload } from './transaction.ts'

/** A node as whoever deploys asks it. @throws REGISTRY_UNAVAILABLE */
export type Ask = (method: string, ...params: readonly unknown[]) => Promise<unknown>

/** A node that is asked until the signal aborts. */
export const asking =
  (request: Request, { signal }: Abortable): Ask =>
  async (method, ...params) =>
    await request({ method, params }, { signal }).catch((cause: unknown) => {
      signal?.throwIfAborted()
      throw unavailable('no answer', withoutPayload(cause).message, cause)
    })

/** @throws REGISTRY_UNAVAILABLE when it is none */
export function toNumber(answer: unknown): bigint {
  if (typeof answer === 'string' && /^0x[0-9a-f]{1,64}$/i.test(answer)) return BigInt(answer)
  throw unavailable('malformed answer', 'the node answered with something that is no number')
}

/** Why nothing can be deployed now. */
export function unavailable(reason: UnavailableReason, message: string, cause?: unknown, hint?: string): ArchiveError {
  const options = { hint, ...(cause !== undefined && { cause: withoutPayload(cause) }) }
  const details = { registry: ADDRESS, reason }
  return new ArchiveError('REGISTRY_UNAVAILABLE', `deploying the registry: ${message}`, details, options)
}

/** The code at an address, in lower case; `0x` where there is none. */
export const codeAt = async (ask: Ask, address: Address, tag: string): Promise<string> =>
  String(await ask('eth_getCode', address, tag)).toLowerCase()
