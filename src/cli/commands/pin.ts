import { pin as keep } from '../../archive/pin.ts'
import { type Kept, type ReplicateEvent, type Replication, replicate } from '../../archive/replicate.ts'
import { resolve } from '../../archive/resolve.ts'
import type { Remote } from '../../block/remote.ts'
import type { BlockSource } from '../../block/source.ts'
import { ArchiveError } from '../../errors.ts'
import type { Named } from '../../verdict/library.ts'
import { type Command, type Context, command, flag, type Result, value, values } from '../command.ts'
import { parseCopies } from '../copies.ts'
import { holdingLines, holdingsOf } from '../holding.ts'
import { nameOf } from '../naming.ts'
import type { Output } from '../output.ts'
import { HOW_TO_ADD } from '../session.ts'
import { parseDuration } from '../time.ts'
import { UsageError } from '../usage.ts'

export const pin: Command = command({
  name: 'pin',
  arguments: '<name...>',
  summary: 'keep documents here, and have remotes keep them too',
  about:
    'What is not here is fetched; of an edition, all that it lists as well. Then every remote of the archive, or those ' +
    'named with --to, is asked to keep it, waited for, and checked: its bytes are fetched from it again. Run it again to ' +
    'continue: nothing is asked for twice. Remotes are named with trend-archive init --remote; who holds what is told by ' +
    'trend-archive list --held.',
  examples: [
    ['trend-archive pin edge-computing', 'here and wherever the archive says'],
    ['trend-archive pin bagaaiera… --to pinata --to backup --copies 1', 'one of these two must hold it'],
    ['trend-archive pin eip155:1:0xab16…/radar-2025 --local', "somebody else's edition, here only"]
  ],
  options: {
    to: values('--to <remote>', 'a remote to ask, instead of all; repeatable', (typed) => typed),
    copies: value('--copies <n>', 'how many of them must hold it (default: what init kept, else all)', parseCopies),
    local: flag('--local', 'keep it here only'),
    origin: values(
      '--origin <multiaddr>',
      'a node that serves it, for services to fetch from; repeatable',
      parseOrigin
    ),
    wait: value('--wait <duration>', 'how long to wait for services that are at work (default: 5m)', parseDuration)
  },
  async run(context, names, { to, copies: typed, local, origin, wait }) {
    const { session, settings, signal, out } = context
    if (local && to.length > 0) throw new UsageError('--local asks no remote', 'leave out --local, or --to')
    const remotes = local ? [] : await session.remotes(to.length > 0 ? to : undefined)
    const copies = typed ?? (to.length > 0 || local ? undefined : settings.copies)
    checkCopies(copies, remotes)
    // What is lost here may still be held there.
    const sources = [...(await session.sources()), ...remotes.flatMap(({ source }) => source ?? [])]
    const found = await findAll(context, names, sources)
    const { blocks, receipts } = await session.keeping()
    const kept: Kept[] = []
    for (const named of found) {
      const onProgress = tellProgress(out, `keeping ${named.document.slug}`)
      kept.push(...(await keep({ blocks, sources }, named, { signal, onProgress })))
    }
    if (remotes.length === 0) {
      if (!local) out.note(`kept on this machine only, as the archive has no remote; ${HOW_TO_ADD}`)
      return await tell(context, found)
    }
    noteServing(remotes, origin, out)
    const replication = await replicate({ sources: [blocks], remotes, receipts }, kept, {
      copies,
      origins: origin,
      patience: wait === undefined ? undefined : wait * 1000,
      signal,
      onProgress: tellProgress(out, 'settling')
    })
    return await tell(context, found, { kept, replication, remotes })
  }
})

const MULTIADDR = /^(?:\/[\w.:%-]+){2,20}$/

function parseOrigin(text: string): string {
  if (MULTIADDR.test(text)) return text
  throw new UsageError("option '--origin <multiaddr>': a multiaddr", 'e.g. /dns4/node.example/tcp/4001/p2p/12D3Koo…')
}

function checkCopies(copies: number | undefined, remotes: readonly Remote[]): void {
  if (copies === undefined || copies <= remotes.length) return
  const hint = `ask for fewer copies, or name more remotes; ${HOW_TO_ADD}`
  throw new UsageError(`${copies} copies are wanted, and ${remotes.length} remotes are asked`, hint)
}

async function findAll(
  { session, signal }: Context,
  names: readonly string[],
  sources: readonly BlockSource[]
): Promise<readonly Named[]> {
  const found: Named[] = []
  for (const text of names) {
    const name = await nameOf(text, session)
    const registries = name.by === 'cid' ? [] : await session.registries()
    found.push(await resolve({ sources, registries }, name, { signal }))
  }
  return found
}

/** A service has nothing to keep before it has found somebody who has it. */
function noteServing(remotes: readonly Remote[], origins: readonly string[], out: Output): void {
  const fetching = remotes.filter(({ isFetching }) => isFetching).map(({ name }) => name)
  if (fetching.length === 0) return
  const where = origins.length > 0 ? '' : '; --origin tells where that is'
  out.note(`${fetching.join(', ')} must fetch it from a node that has it: trend-archive serve --p2p --public${where}`)
}

const tellProgress = (out: Output, doing: string) => (event: ReplicateEvent) => {
  switch (event.type) {
    case 'advanced':
      return out.progress(event, doing)
    case 'asked':
      return out.progress(event, `${event.remote}: ${event.status}, ${event.cid}`)
    case 'held':
      return out.progress(event, `${event.remote}: holds ${event.cid}, checked through ${event.by}`)
    case 'fault':
      return out.progress(event, `${event.remote}: ${event.cid === undefined ? '' : `${event.cid}, `}${event.fault}`)
  }
}

interface Done {
  readonly kept: readonly Kept[]
  readonly remotes: readonly Remote[]
  readonly replication: Replication
}

async function tell(context: Context, found: readonly Named[], done?: Done): Promise<Result> {
  const called = found.map(({ cid, document }) => ({ cid: String(cid), name: `${document.slug}@${document.version}` }))
  const holdings = await holdingsOf(context, called)
  const lines = holdingLines(holdings)
  if (done === undefined) return { json: { documents: holdings }, lines }
  const { copies, lacking, faults } = done.replication
  const json = { documents: holdings, kept: done.kept.length, copies, lacking, faults }
  return lacking.length === 0 ? { json, lines } : { json, lines, failure: shortfall(done) }
}

/** Too few hold it: the first of the documents, and what the remotes say of it. */
function shortfall({ kept, remotes, replication }: Done): ArchiveError<'PIN_FAILED'> {
  const { copies, lacking, faults, receipts } = replication
  const cid = lacking[0]!
  const name = kept.find((one) => String(one.cid) === cid)?.name ?? cid
  const reasons = remotes.flatMap(({ name: remote }) => {
    const receipt = receipts.find((one) => one.remote === remote && one.cid === cid)
    const fault = faults.find((one) => one.remote === remote && (one.cid ?? cid) === cid)?.fault
    const reason = fault ?? receipt?.fault ?? (receipt?.checkedAt === undefined ? receipt?.status : undefined)
    return reason === undefined ? [] : [reason.startsWith(remote) ? reason : `${remote}: ${reason}`]
  })
  const others = lacking.length > 1 ? ` and ${lacking.length - 1} more` : ''
  const rule = `${name}${others}: not held by ${copies} of ${remotes.length} remotes; ${reasons.join('; ')}`
  const hint = 'it is kept here; run it again to continue, nothing is asked for twice'
  return new ArchiveError('PIN_FAILED', rule, { cid, sink: remotes.map((remote) => remote.name).join(', ') }, { hint })
}
