import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { WritePorts } from '../archive/ports.ts'
import type { Proof, ProveEvent } from '../archive/prove.ts'
import type { Publication } from '../archive/publish.ts'
import type { Bytes32, TrendCid } from '../block/cid.ts'
import type { BlockSource } from '../block/source.ts'
import type { TrendDocument } from '../document/document.ts'
import { instantOf } from '../document/instant.ts'
import { BUNDLE_SUFFIX } from '../verdict/bundle-mark.ts'
import { writeStream } from './car-file.ts'
import type { Context, Result } from './command.ts'
import { isFile, pathIn, writingFailed } from './files.ts'
import type { Output } from './output.ts'

/** Proofs take keccak, which no other command needs at once. */
export const proving = async (): Promise<typeof import('../archive/prove.ts')> => await import('../archive/prove.ts')

/** How the proof of a document is called where nobody says otherwise. */
export const fileNameOf = ({ slug, version }: TrendDocument): string => `${slug}-v${version}${BUNDLE_SUFFIX}`

/** Tells how far a proof is. */
export const tellProving =
  (out: Output): ((event: ProveEvent) => void) =>
  (event) =>
    out.progress(event, event.type === 'reading' ? `proving at block ${event.block.number}` : `${event.bytes} bytes`)

export const proofJson = (file: string, { cid, bytes, block, shown, verdict }: Proof): object => ({
  file,
  cid,
  bytes: bytes.byteLength,
  block,
  shown,
  ...(verdict.standing !== undefined && { standing: verdict.standing })
})

export function proofLines(file: string, { cid, document, bytes, block, shown }: Proof): readonly string[] {
  return [
    `proved ${document.slug}@${document.version}, ${cid}: ${shown.join(', ')}`,
    `  as of block ${block.number} ${block.hash}, ${instantOf(block.timestamp)}, ${block.finality}`,
    `  in ${file}, ${bytes.byteLength} bytes`
  ]
}

/** What was published, and how to prove it. */
export interface Capture {
  readonly sources: readonly BlockSource[]
  readonly folder: string
  readonly documents: readonly { readonly cid: TrendCid; readonly document: TrendDocument }[]
  /** The block of inclusion. Not final yet, it will be judged final by the same hash. */
  readonly at: Bytes32 | undefined
}

/** A file that proves a document, made now or there already. */
export interface Captured {
  readonly file: string
  readonly cid: TrendCid
  readonly block?: Proof['block'] | undefined
}

/** Writes one proof a document, next to those that are there already. */
export async function captureProofs(
  { host, session, out, signal }: Context,
  { sources, folder, documents, at }: Capture
): Promise<readonly Captured[]> {
  const { prove } = await proving()
  const chains = await session.provableChains()
  const captured: Captured[] = []
  await mkdir(pathIn(host.cwd, folder), { recursive: true }).catch((cause: unknown) => {
    throw writingFailed(folder, cause)
  })
  for (const { cid, document } of documents) {
    const file = join(folder, fileNameOf(document))
    if (await isFile(host, file)) captured.push({ file, cid })
    else {
      const { bytes, block } = await prove({ sources, chains }, cid, { at: at ?? 'latest', signal })
      await writeStream(host, file, [bytes], { force: false })
      captured.push({ file, cid, block })
    }
    out.progress({ type: 'advanced', unit: 'documents', done: captured.length, total: documents.length }, 'proving')
  }
  return captured
}

/** What a publication came to, with proofs of its documents. It stays what it is where they cannot be made. */
export async function withProofs(
  told: Result,
  context: Context,
  { sources }: Pick<WritePorts, 'sources'>,
  { steps, receipts }: Publication,
  folder: string
): Promise<Result> {
  const capture = {
    sources,
    folder: folder === '' ? '.' : folder,
    documents: steps.map(({ named }) => named),
    at: receipts.at(-1)?.block.hash
  }
  try {
    const proofs = await captureProofs(context, capture)
    const lines = proofs.map(({ file, block }) =>
      block === undefined ? `proof ${file}, there already` : `proof ${file}, block ${block.number} ${block.hash}`
    )
    return { ...told, json: { ...(told.json as object), proofs }, lines: [...(told.lines ?? []), ...lines] }
  } catch (failure) {
    context.signal.throwIfAborted()
    context.out.note('published; the proofs were not made: run the same again, or trend-archive prove')
    return { ...told, failure }
  }
}
