import { holdersOf } from '../../archive/copies.ts'
import { resolve } from '../../archive/resolve.ts'
import { withdraw } from '../../archive/withdraw.ts'
import type { TrendCid } from '../../block/cid.ts'
import type { TrendDocument } from '../../document/document.ts'
import { ArchiveError, isArchiveError } from '../../errors.ts'
import { type Command, type Context, columns, command, flag } from '../command.ts'
import { nameOf } from '../naming.ts'
import { askYes } from '../prompt.ts'
import { UsageError } from '../usage.ts'

export const unpin: Command = command({
  name: 'unpin',
  arguments: '<name...>',
  summary: 'stop keeping documents, here and at remotes',
  about:
    'Of an edition, what it lists goes too, unless something else keeps it. What is yours and would then be held by ' +
    'nobody that this archive knows of goes only with --yes, or when you say so: the registry goes on naming it.',
  examples: [
    ['trend-archive unpin bagaaiera…', 'here and at every remote'],
    ['trend-archive unpin radar-2024 --yes', 'an edition and what it lists, without being asked'],
    ['trend-archive unpin bagaaiera… --local', 'here only: remotes go on keeping it']
  ],
  options: {
    yes: flag('--yes', 'do not ask'),
    local: flag('--local', 'here only, not at remotes'),
    remote: flag('--remote', 'at remotes only, not here')
  },
  async run(context, names, { yes, local, remote }) {
    if (local && remote) throw new UsageError('--local and --remote leave nothing out', 'leave out both')
    const { session, signal, out } = context
    const pins = await session.pins()
    const receipts = await session.receipts()
    const found: Found[] = []
    for (const text of names) found.push(await find(context, text))
    if (!yes) await checkLeft(context, found, local ? 'remotes' : remote ? 'here' : 'nobody')
    const cids = found.map(({ cid }) => cid)
    const ports = { remotes: await session.remotes(), receipts }
    const faults = local
      ? []
      : await withdraw(ports, cids, {
          signal,
          onProgress: (event) => out.progress(event, 'taking back')
        })
    // Here it goes last: until then an interrupted run can be run again by name.
    if (!remote) await pins.unpin(cids, { signal })
    for (const { remote: name, cid, fault } of faults) out.note(`${name} may still keep ${cid}: ${fault}; run it again`)
    const unpinned = found.map(({ cid, name }) => ({ cid, name }))
    return {
      json: { unpinned, faults },
      lines: columns(found.map(({ cid, name }) => ['unpinned', name, String(cid)])),
      exit: faults.length > 0 ? 1 : 0
    }
  }
})

interface Found {
  readonly cid: TrendCid
  readonly name: string
  /** None where nobody has its bytes any more. */
  readonly document: TrendDocument | undefined
}

async function find({ session, signal }: Context, text: string): Promise<Found> {
  const name = await nameOf(text, session)
  const sources = await session.sources()
  try {
    const ports = { sources, registries: name.by === 'cid' ? [] : await session.registries() }
    const { cid, document } = await resolve(ports, name, { signal })
    return { cid, document, name: `${document.slug}@${document.version}` }
  } catch (error) {
    if (name.by !== 'cid' || !isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    return { cid: name.cid, document: undefined, name: 'unknown' }
  }
}

/**
 * Asks before a document of one's own is left with nobody to hold it. That it may be recorded is reason enough: whether it
 * is, no chain need be asked for.
 * @throws INVALID_OPTION where nobody can be asked, or the answer is no
 */
async function checkLeft(context: Context, found: readonly Found[], left: 'remotes' | 'here' | 'nobody') {
  const { session, settings, host } = context
  const publisher = await ownPublisher(context)
  const own = found.filter(
    ({ document }) => document !== undefined && (publisher ?? document.publisher) === document.publisher
  )
  const receipts = (await session.receipts()).all()
  const here = new Set<string>()
  if (left === 'here') for await (const cid of (await session.pins()).pinned()) here.add(String(cid))
  const lost = own.filter(({ cid }) => {
    if (left === 'remotes') return holdersOf(String(cid), receipts).length === 0
    return !here.has(String(cid))
  })
  const [first] = lost
  if (first === undefined) return
  const all = lost.length > 1 ? `${first.name} and ${lost.length - 1} more are` : `${first.name} is`
  const rule = `${all} yours, may be on the registry, and would be held by nobody that this archive knows of`
  if (settings.mayAsk && (await askYes(host, `${rule}. Unpin?`))) return
  const hint = 'trend-archive export keeps a copy in a file; --yes goes on'
  throw new ArchiveError('INVALID_OPTION', rule, { option: 'yes', rule }, { hint })
}

/** Without an account everything counts as one's own. */
async function ownPublisher({ session }: Context): Promise<string | undefined> {
  try {
    return await session.publisher()
  } catch (error) {
    if (!isArchiveError(error, 'NO_ACCOUNT')) throw error
    return undefined
  }
}
