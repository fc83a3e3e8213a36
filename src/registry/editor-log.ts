import type { Address } from '../document/publisher.ts'
import { ArchiveError, type UnavailableReason } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { topics } from './abi.ts'
import type { Request } from './request.ts'

/** One `EditorSet`: what a publisher said of an editor, and in which block. */
export interface EditorChange {
  readonly editor: Address
  readonly until: bigint
  readonly block: bigint
}

export interface EditorChanges {
  /** Oldest first. */
  readonly changes: readonly EditorChange[]
  /** The oldest block that was looked at: there may be more before it, unless it is where the registry began. */
  readonly from: bigint
}

/**
 * What a publisher said of its editors, from the logs. A log is a convenience: it names candidates, and what counts is
 * the state of each. A node may keep logs back, and nothing proves that it did not.
 */
export type EditorLog = (
  publisher: Address,
  range: { readonly from: bigint; readonly to: bigint },
  options?: Abortable
) => Promise<EditorChanges>

export interface EditorLogOptions {
  readonly address: Address
  readonly request: Request
  /** How many questions a node is asked at most that answers for few blocks at a time. @default 100 */
  readonly most?: number | undefined
}

const TOPIC_ADDRESS = /^0x0{24}([0-9a-f]{40})$/i
const WORD = /^0x[0-9a-f]{64}$/i
const QUANTITY = /^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/i

/** How often in a row a node may say nothing at all, as it does when a question takes it too long. */
const SILENCES = 2

/**
 * Reads the log through a node. Many answer for so many blocks at a time and say so in words of their own, so a range
 * that is refused is halved; the newest blocks come first, and the search ends after `most` questions.
 * @throws REGISTRY_UNAVAILABLE when the node does not answer even for one block, or with something else than logs
 */
export function editorLog({ address, request, most = 100 }: EditorLogOptions): EditorLog {
  return async (publisher, { from, to }, options = {}) => {
    const found: (readonly EditorChange[])[] = []
    let last = to
    let width = to - from + 1n
    let silences = 0
    for (let asked = 0; last >= from && asked < most; asked++) {
      const first = last - width + 1n > from ? last - width + 1n : from
      const range = { fromBlock: quantity(first), toBlock: quantity(last) }
      const filter = { address, topics: [topics.EditorSet, `0x${publisher.slice(2).padStart(64, '0')}`], ...range }
      let answer: unknown
      try {
        answer = await request({ method: 'eth_getLogs', params: [filter] }, options)
        silences = 0
      } catch (cause) {
        options.signal?.throwIfAborted()
        silences = isSpoken(cause) ? 0 : silences + 1
        if (width === 1n || silences > SILENCES) throw unavailable('no answer', `no answer to eth_getLogs`, cause)
        width = (last - first + 2n) / 2n
        continue
      }
      found.push(changesIn(answer, { address, publisher, first, last }))
      last = first - 1n
    }
    return { changes: found.toReversed().flat(), from: last + 1n }
  }

  function unavailable(reason: UnavailableReason, message: string, cause?: unknown): ArchiveError {
    const said = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
    return new ArchiveError('REGISTRY_UNAVAILABLE', `${message}${said}`, { registry: address, reason }, { cause })
  }

  function changesIn(answer: unknown, asked: Asked): readonly EditorChange[] {
    const changes = Array.isArray(answer) ? answer.map((log) => changeIn(log, asked)) : [undefined]
    if (changes.includes(undefined)) throw unavailable('malformed answer', 'eth_getLogs answered with other logs')
    return changes.filter((change) => change !== undefined)
  }
}

interface Asked {
  readonly address: Address
  readonly publisher: Address
  readonly first: bigint
  readonly last: bigint
}

/** What a log says, if it is one of those that were asked for. */
function changeIn(log: unknown, { address, publisher, first, last }: Asked): EditorChange | undefined {
  if (typeof log !== 'object' || log === null) return undefined
  const { address: emitter, topics: words, data, blockNumber } = log as Readonly<Record<string, unknown>>
  if (String(emitter).toLowerCase() !== address.toLowerCase() || !Array.isArray(words)) return undefined
  const [topic, by, whom, ...rest] = words.map((word) => String(word).toLowerCase())
  const editor = addressIn(whom)
  const isAsked = topic === topics.EditorSet && addressIn(by) === publisher.toLowerCase() && rest.length === 0
  if (!isAsked || editor === undefined || typeof data !== 'string' || !WORD.test(data)) return undefined
  if (typeof blockNumber !== 'string' || !QUANTITY.test(blockNumber)) return undefined
  const block = BigInt(blockNumber)
  return block < first || block > last ? undefined : { editor, until: BigInt(data), block }
}

function addressIn(word: string | undefined): Address | undefined {
  const [, digits] = TOPIC_ADDRESS.exec(word ?? '') ?? []
  return digits === undefined ? undefined : `0x${digits}`
}

const quantity = (block: bigint): string => `0x${block.toString(16)}`

/** An error in the node's own words has a code; a node that cannot be reached says nothing. */
const isSpoken = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error
