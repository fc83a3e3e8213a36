import { follow } from '../archive/resolve.ts'
import { cidOf, parseCid } from '../block/cid.ts'
import { inParallel } from '../block/parallel.ts'
import { fetchBlock } from '../block/source.ts'
import { invalidDocument } from '../document/issue.ts'
import { sizeRule } from '../document/json.ts'
import { readDocument } from '../document/parse.ts'
import type { Publisher } from '../document/publisher.ts'
import { MAX_BYTES } from '../document/size.ts'
import type { Finality, Registry } from '../registry/registry.ts'
import { looksLikeBundle } from '../verdict/bundle-mark.ts'
import type { Subject } from '../verdict/verify.ts'
import type { Context } from './command.ts'
import { isMarkdownDraft } from './drafts.ts'
import { namesFile, readInput } from './files.ts'
import { nameOf } from './naming.ts'
import { UsageError } from './usage.ts'

/** A name is followed at the kind of block that the verdict is to rest on. */
const TAGS = { final: 'finalized', safe: 'safe', unsafe: 'latest' } as const

/** What was typed, as what is to be verified. */
export interface Meant {
  readonly subject: Subject
  /** Who is accepted where nobody is demanded: a name of a publisher's means a document of theirs. */
  readonly publishers?: readonly Publisher[] | undefined
}

/** How the chain is read that a name is followed on. */
export interface NameReading {
  readonly registries: (told: readonly Registry[]) => Promise<readonly Registry[]>
  readonly finality: Finality | undefined
}

/** What a name means, or a file whose bytes were read. @throws UsageError, and as `follow` */
export async function meantBy(
  { session, signal }: Context,
  text: string,
  bytes: Uint8Array<ArrayBuffer> | undefined,
  claimed: Subject['cid'] | undefined,
  { registries, finality }: NameReading
): Promise<Meant> {
  if (bytes !== undefined) {
    if (bytes.byteLength > MAX_BYTES) throw invalidDocument([{ path: '$', rule: sizeRule(MAX_BYTES) }])
    if (isMarkdownDraft(text, bytes)) {
      const hint = "verify takes a CID, a name or a document's bytes; publish --dry-run shows what a draft becomes"
      throw new UsageError(`${text} is a draft`, hint)
    }
    return { subject: { cid: claimed ?? (await cidOf(bytes)), bytes } }
  }
  if (claimed !== undefined) throw new UsageError(`--cid is for a file, and there is no file '${text}'`)
  const name = await nameOf(text, session)
  if (name.by === 'cid') return { subject: { cid: name.cid } }
  const ports = { sources: await session.sources(), registries: await registries(await session.registries()) }
  const { cid } = await follow(ports, name, { signal, tag: finality && TAGS[finality] })
  return { subject: { cid }, publishers: [name.publisher] }
}

/** Names are looked up so many at once. */
const LANES = 16

/** What several names and files mean, in their order. @throws UsageError, and as `follow` */
export async function meantByAll(
  context: Context,
  names: readonly string[],
  reading: NameReading
): Promise<readonly Meant[]> {
  const meant: Meant[] = []
  await inParallel([...names.entries()], LANES, async ([i, name]) => {
    const bytes = (await namesFile(context.host, name)) ? await readInput(context.host, name) : undefined
    if (bytes !== undefined && looksLikeBundle(bytes)) throw new UsageError(`${name} is a proof: verify it alone`)
    meant[i] = await meantBy(context, name, bytes, undefined, reading)
  })
  return meant
}

/** An edition and all that it lists, which its publisher has to be the publisher of. @throws UsageError */
export async function listedIn(context: Context, text: string, reading: NameReading): Promise<readonly Meant[]> {
  const { session, signal } = context
  const { subject, publishers } = await meantBy(context, text, undefined, undefined, reading)
  const { bytes } = await fetchBlock(await session.sources(), subject.cid, { signal })
  const document = readDocument(bytes)
  if (document.type !== 'edition') throw new UsageError(`'${text}' is no edition, but a ${document.type}`)
  const accepted = publishers ?? [document.publisher]
  const hints = { editions: [subject.cid] }
  return [
    { subject: { ...subject, bytes }, publishers: accepted },
    ...document.entries.map(({ cid }): Meant => ({ subject: { cid: parseCid(cid), hints }, publishers: accepted }))
  ]
}
