import { ArchiveError, isArchiveError } from '../errors.ts'
import type { Abortable } from '../options.ts'
import { type Block, checkBlock, MAX_BLOCK_SIZE } from './block.ts'
import { type BucketClient, type BucketClientOptions, openBucketClient } from './bucket-client.ts'
import { parseCid, type TrendCid } from './cid.ts'
import { lacking } from './failure.ts'
import { openGate } from './gate.ts'
import { inParallel } from './parallel.ts'
import type { Pinned } from './pinned.ts'
import type { Remote, RemotePin } from './remote.ts'
import type { BlockSink } from './sink.ts'
import type { BlockSource } from './source.ts'

export interface BucketOptions extends BucketClientOptions {
  /** How many requests are under way at once in one call. @default 16 */
  readonly parallel?: number | undefined
}

export type Bucket = BlockSink & BlockSource & Pinned & Remote

const RAW_BLOCK = 'application/vnd.ipld.raw'
const PINS = 'pins/'
const blockKey = (cid: TrendCid): string => `ipfs/${cid}`
const pinKey = ({ cid, keeper }: Pin): string => `${PINS}${cid}/${keeper}`

/** That bytes are kept on behalf of an edition, or in their own right: then the keeper is the document itself. */
interface Pin {
  readonly cid: TrendCid
  readonly keeper: TrendCid
}

/**
 * An S3 bucket, or any that speaks its API, as a store of blocks.
 *
 * `<prefix>/ipfs/<cid>` are the bytes as they are, so that a web server in front of the bucket serves them to anyone.
 * `<prefix>/pins/<cid>/<keeper>` is an empty object that says on whose behalf they are kept. Such a pin is added and
 * removed without reading anything first, so that no writer undoes another's. What was written is durable when the
 * service has acknowledged it, and it has compared the digest.
 * @throws INVALID_OPTION when the endpoint, the bucket or the prefix is malformed
 */
export function bucketBlocks({ parallel = 16, ...options }: BucketOptions): Bucket {
  const client = openBucketClient(options)
  const { name } = client
  const gate = openGate()

  const get = async (cid: TrendCid, aborting: Abortable = {}): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await client.get(blockKey(cid), MAX_BLOCK_SIZE, aborting)
    if (bytes === undefined) throw lacking(name)
    if ((await checkBlock(cid, bytes)) !== undefined) return bytes
    const details = { cid: String(cid), source: name }
    throw new ArchiveError('BLOCK_MISMATCH', `${name} holds other bytes for ${cid}`, details)
  }

  /** The pin comes first: whoever takes away the last other pin of these bytes meanwhile finds it, and leaves them. */
  const keep = async ({ cid, bytes }: Block, keeper: TrendCid, aborting: Abortable): Promise<void> => {
    await client.put(pinKey({ cid, keeper }), new Uint8Array(), 'text/plain', aborting)
    await client.put(blockKey(cid), bytes, RAW_BLOCK, aborting)
  }

  /** Takes away the pins of some keepers out of the pins there are, then the bytes that none of those is left of. */
  const release = async (there: AsyncIterable<Pin>, keepers: ReadonlySet<string>, aborting: Abortable) => {
    const gone: Pin[] = []
    const kept = new Set<string>()
    for await (const pin of there) {
      if (keepers.has(String(pin.keeper))) gone.push(pin)
      else kept.add(String(pin.cid))
    }
    await inParallel(gone, parallel, async (pin) => await client.remove(pinKey(pin), aborting))
    const cids = new Map(gone.map(({ cid }) => [String(cid), cid]))
    const free = [...cids].flatMap(([text, cid]) => (kept.has(text) ? [] : [cid]))
    await inParallel(free, parallel, async (cid) => await removeUnkept(client, cid, aborting))
  }

  const sink: BlockSink & BlockSource & Pinned = {
    name,
    isElsewhere: true,
    get,
    async pin(blocks, { signal, root, onProgress } = {}) {
      signal?.throwIfAborted()
      const checked = await Promise.all(blocks.map((block) => checkedBlock(block, name)))
      let done = 0
      await gate.adding(async () => {
        await inParallel(checked, parallel, async (block) => {
          try {
            await keep(block, root ?? block.cid, { signal })
          } catch (cause) {
            signal?.throwIfAborted()
            throw pinFailed(block, name, cause)
          }
          onProgress?.({ type: 'advanced', unit: 'documents', done: ++done, total: checked.length })
        })
      })
    },
    async *pinned({ own, ...aborting } = {}) {
      aborting.signal?.throwIfAborted()
      let last = ''
      for await (const { cid, keeper } of pinsIn(client, PINS, aborting)) {
        if (own && !keeper.equals(cid)) continue
        // The pins of one document are in a row.
        if (String(cid) !== last) yield cid
        last = String(cid)
      }
    },
    async unpin(cids, aborting = {}) {
      aborting.signal?.throwIfAborted()
      if (cids.length === 0) return
      const keepers = new Set(cids.map(String))
      await gate.removing(async () => await release(pinsIn(client, PINS, aborting), keepers, aborting))
    }
  }

  return {
    ...sink,
    isFetching: false,
    source: sink,
    async ask(block, { signal, root } = {}) {
      await sink.pin([block], { signal, root })
      return claim(block.cid)
    },
    async status({ cid }, aborting = {}) {
      return (await client.get(blockKey(cid), MAX_BLOCK_SIZE, aborting)) === undefined ? undefined : claim(cid)
    },
    async withdraw({ cid, keeper }, aborting = {}) {
      const there = pinsIn(client, `${PINS}${cid}/`, aborting)
      await gate.removing(async () => await release(there, new Set([String(keeper)]), aborting))
    }
  }
}

/** A bucket has no requests: a document is its own, and what is there is kept. */
const claim = (cid: TrendCid): RemotePin => {
  const text = String(cid)
  return { cid: text, requestId: text, status: 'pinned', created: new Date().toISOString() }
}

async function* pinsIn(client: BucketClient, prefix: string, aborting: Abortable): AsyncGenerator<Pin> {
  for await (const key of client.keys(prefix, aborting)) {
    const [cid, keeper, ...rest] = key.slice(PINS.length).split('/').map(tryCid)
    // Whatever else somebody has put there is not ours.
    if (cid !== undefined && keeper !== undefined && rest.length === 0) yield { cid, keeper }
  }
}

function tryCid(text: string): TrendCid | undefined {
  try {
    return parseCid(text)
  } catch {
    return undefined
  }
}

/** Another process may pin the very bytes meanwhile. So it is looked for a pin afterwards, and they are put back. */
async function removeUnkept(client: BucketClient, cid: TrendCid, aborting: Abortable): Promise<void> {
  const bytes = await client.get(blockKey(cid), MAX_BLOCK_SIZE, aborting)
  if (bytes === undefined) return
  await client.remove(blockKey(cid), aborting)
  for await (const _ of pinsIn(client, `${PINS}${cid}/`, aborting)) {
    return await client.put(blockKey(cid), bytes, RAW_BLOCK, aborting)
  }
}

/** A copy that later changes to the caller's bytes do not reach. */
async function checkedBlock({ cid, bytes }: Block, sink: string): Promise<Block> {
  const block = await checkBlock(cid, bytes.slice())
  if (block !== undefined) return block
  throw new ArchiveError('PIN_FAILED', `the bytes are not those of ${cid}`, { cid: String(cid), sink })
}

/** A refused secret stays what it is. */
function pinFailed({ cid }: Block, sink: string, cause: unknown): unknown {
  if (!isArchiveError(cause, 'REMOTE_FAILED')) return cause
  return new ArchiveError('PIN_FAILED', cause.message, { cid: String(cid), sink }, { cause, hint: cause.hint })
}
