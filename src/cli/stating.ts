import type { StatePorts } from '../archive/ports.ts'
import { resolve } from '../archive/resolve.ts'
import { type Stated, type Stating, state } from '../archive/state.ts'
import type { TrendDocument } from '../document/document.ts'
import { parseDocument } from '../document/parse.ts'
import { type Publisher, parsePublisher } from '../document/publisher.ts'
import { ArchiveError, isArchiveError } from '../errors.ts'
import { documentTypedDataOf } from '../registry/typed-data.ts'
import { parseStatement, type Statement, sealStatement } from '../verdict/statement.ts'
import { type Context, columns, type Result } from './command.ts'
import { onlyTrends, readDrafts, readValue } from './drafts.ts'
import { checkFolder, namesFile, writeInto } from './files.ts'
import { nameOf } from './naming.ts'
import { tellProgress } from './publication.ts'
import { UsageError } from './usage.ts'

/** What `sign --statement` is told besides its files. */
export interface StatingOptions {
  readonly publisher: Publisher | undefined
  readonly folder: string
  readonly typedData: boolean
  readonly signature: string | undefined
  readonly revert: boolean
  readonly dryRun: boolean
}

/**
 * States that the publisher stands by drafts or documents. What a wallet elsewhere is to sign is printed; what it signed
 * is brought back by the same command.
 */
export async function signStatements(
  context: Context,
  paths: readonly string[],
  { publisher: typed, folder, typedData, signature, revert, dryRun }: StatingOptions
): Promise<Result> {
  const { host, session, out, signal } = context
  const { drafts, documents } = await subjectsOf(context, paths)
  const [first] = documents
  const publisher = typed ?? first?.publisher
  if (signature !== undefined && (drafts.length > 0 || documents.length !== 1 || typedData)) {
    throw new UsageError(
      'a signature is for one complete document',
      'name it by its CID: sign --statement --signature 0x… <cid>'
    )
  }
  if (!dryRun) await checkFolder(host, folder)
  const isElsewhere = typedData || signature !== undefined
  const elsewhere = isElsewhere ? parsePublisher(publisher ?? (await session.publisher())).address : undefined
  const ports: StatePorts = dryRun ? await session.planning(elsewhere) : await session.signing(elsewhere)
  const options = { signal, dryRun, revert, publisher, onProgress: tellProgress(out) }
  const made = await state(ports, { drafts, documents }, options)
  const stated =
    signature === undefined
      ? made.stated
      : await Promise.all(made.stated.map(async (one) => await brought(context, ports, one, signature)))
  const written = await Promise.all(stated.map(async (one) => await write(context, folder, one)))
  if (typedData) out.note('bring back what the wallet signs: trend-archive sign --statement --signature 0x… <cid>')
  else if (!dryRun)
    out.note(
      `not recorded, so only who asks for it takes it: trend-archive verify <cid> --tier signed --signature ${written[0]}`
    )
  return tell({ ...made, stated }, written, ports, typedData, dryRun)
}

interface Subjects {
  readonly drafts: ReturnType<typeof onlyTrends>[number]['draft'][]
  readonly documents: readonly TrendDocument[]
}

/** A name or a file of a complete document is one; every other file is a draft. */
async function subjectsOf(context: Context, paths: readonly string[]): Promise<Subjects> {
  const { host, session, signal } = context
  const documents: TrendDocument[] = []
  const files: string[] = []
  for (const path of paths) {
    if (await namesFile(host, path)) {
      const document = path === '-' ? undefined : await completeIn(context, path)
      if (document === undefined) files.push(path)
      else documents.push(document)
      continue
    }
    const name = await nameOf(path, session)
    const ports = { sources: await session.sources(), registries: name.by === 'cid' ? [] : await session.registries() }
    documents.push((await resolve(ports, name, { signal })).document)
  }
  const drafts = files.length === 0 ? [] : onlyTrends(await readDrafts(context, files), files).map(({ draft }) => draft)
  return { drafts, documents }
}

async function completeIn({ host }: Context, path: string): Promise<TrendDocument | undefined> {
  try {
    return parseDocument(await readValue(host, path))
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_DOCUMENT')) throw error
    return undefined
  }
}

/** A statement with a signature that was made elsewhere, which must be the publisher's as far as it can be told now. */
async function brought(
  { session, signal }: Context,
  { registry }: StatePorts,
  stated: Stated,
  signature: string
): Promise<Stated> {
  const { chain, address } = registry
  const { cid } = stated.named
  const { publisher } = stated.message
  const typed = { chain, registry: address, publisher, cid, signature } as Statement
  // Read back at once, so that what is no signature is told in the words of who reads it.
  const statement = parseStatement(sealStatement(typed))
  const { weighStatements } = await import('../verdict/signatures.ts')
  const at = await registry.block('latest', { signal })
  const accounts = (await session.accounts()).find((one) => one.chain === chain)
  const [found] = await weighStatements([statement], stated.named, { registry: address, accounts, at }, { signal })
  if (found?.outcome !== 'fail') return { ...stated, statement }
  const rule = `the signature is not of ${publisher}: it ${found.detail}`
  throw new ArchiveError('INVALID_STATEMENT', rule, { path: '$.signature', rule })
}

/** Writes a statement under the name of its document. */
async function write({ host }: Context, folder: string, { named, statement }: Stated): Promise<string | undefined> {
  if (statement === undefined) return undefined
  const { slug, version } = named.document
  return await writeInto(host, folder, `${slug}@${version}.signed.json`, sealStatement(statement))
}

function tell(
  { stated }: Stating,
  written: readonly (string | undefined)[],
  { registry }: StatePorts,
  typedData: boolean,
  dryRun: boolean
): Result {
  const asked = stated.map(({ message }) => documentTypedDataOf(registry, message))
  const rows = stated.map(({ named, statement }, i) => {
    const { slug, version } = named.document
    return [
      statement === undefined ? 'would sign' : 'signed',
      `${slug}@${version}`,
      String(named.cid),
      written[i] ?? ''
    ]
  })
  return {
    json: {
      dryRun,
      statements: stated.map(({ named, statement }, i) => {
        const { slug, version, publisher } = named.document
        const signed = statement !== undefined
        const typed = typedData ? asked[i] : undefined
        return { file: written[i], slug, version, cid: named.cid, publisher, signed, typedData: typed }
      })
    },
    lines: typedData
      ? asked.map((one) => JSON.stringify(one))
      : [...columns(rows), ...(dryRun ? ['dry run: nothing was pinned or signed'] : [])]
  }
}
