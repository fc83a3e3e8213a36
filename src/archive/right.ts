import { type Address, type Publisher, parsePublisher, toPublisher } from '../document/publisher.ts'
import { ArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import type { ChainBlock, Registry, RegistryWriter } from '../registry/registry.ts'
import { rejected } from '../registry/rejection.ts'

/**
 * Refuses an account that may not publish and point for a publisher at the time of a block: it is neither the publisher
 * nor an editor of theirs. Asked before anything is pinned.
 * @throws REGISTRY_REJECTED as the registry would, NotEditor
 * @throws INVALID_OPTION when the publisher's documents have their home on another chain
 */
export async function checkMayPublish(
  registry: Registry,
  publisher: Publisher,
  account: Address,
  at: ChainBlock,
  options: Abortable
): Promise<void> {
  const { chain, address } = parsePublisher(publisher)
  if (chain !== registry.chain) {
    const rule = `the documents of ${publisher} have their home on ${chain}, and this registry is on ${registry.chain}`
    throw new ArchiveError('INVALID_OPTION', rule, { option: 'publisher', rule })
  }
  if (address === account) return
  if ((await registry.editorUntil(address, account, at, options)) >= BigInt(at.timestamp)) return
  const hint = `the publisher may let it: trend-archive editors add ${account} --for 30d`
  throw rejected('NotEditor', { publisher: address, account }, { foreseen: 'this', hint })
}

/** Refuses an account that is not the publisher, whom alone the registry lets take back. @throws INVALID_OPTION */
export function checkMayRetract({ chain, account }: Registry & RegistryWriter, publisher: Publisher): void {
  const own = toPublisher(chain, account)
  if (publisher === own) return
  const rule = `the document is ${publisher}'s, and you are ${own}`
  const hint =
    'only the publisher takes back, not an editor; an editor may publish a new version, point elsewhere, or voice a ' +
    'concern: trend-archive retract --concern --note <text>'
  throw new ArchiveError('INVALID_OPTION', rule, { option: 'account', rule }, { hint })
}
