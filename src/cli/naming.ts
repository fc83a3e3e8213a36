import { type Name, parseName } from '../archive/name.ts'
import type { WritePorts } from '../archive/ports.ts'
import { resolve } from '../archive/resolve.ts'
import { isArchiveError } from '../errors.ts'
import type { Named } from '../verdict/library.ts'
import type { Session } from './session.ts'

/** A bare slug, or an address and a slug: what is missing is the account's, on the network. */
const LACKS_PUBLISHER = /^(?:0x[0-9a-f]{40}\/)?[a-z0-9][a-z0-9-]{0,30}(?:@[1-9][0-9]*)?$/i

/** Reads a name. Only one that lacks its publisher asks for the account. @throws INVALID_NAME, UNSUPPORTED_CID */
export async function nameOf(text: string, session: Session): Promise<Name> {
  if (!LACKS_PUBLISHER.test(text)) return parseName(text)
  try {
    return parseName(text, { publisher: await session.publisher() })
  } catch (error) {
    // Without an account the name is what is wrong: it must say its publisher.
    if (isArchiveError(error, 'NO_ACCOUNT')) return parseName(text)
    throw error
  }
}

/** What a name means now, to whoever is about to change it. */
export async function namedNow(text: string, ports: WritePorts, session: Session, signal: AbortSignal): Promise<Named> {
  const reading = { sources: ports.sources, registries: [ports.registry] }
  return await resolve(reading, await nameOf(text, session), { signal, tag: 'latest' })
}
