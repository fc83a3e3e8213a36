import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bytes32 } from '../../src/block/cid.ts'
import { type Address, toPublisher } from '../../src/document/publisher.ts'
import type { KillChain } from './chain.ts'
import { type Child, type ChildOptions, type Moment, runModule, runUntil } from './child.ts'
import { DOCUMENTS, PUBLISHED_AT_ONCE, trendDrafts, writeDrafts } from './drafts.ts'
import { type Random, randomOf } from './random.ts'

/** What an archive was found to hold. */
export interface Holdings {
  readonly documents: readonly { readonly digest: string; readonly slug: string; readonly version: number }[]
  readonly torn: number
  /** Documents that it takes to be under way. */
  readonly pending: number
}

/** What became of publications that were killed and run again. */
export interface PublishDamage {
  readonly rounds: number
  /** Processes that were killed or interrupted; the others had ended before. */
  readonly killed: number
  /** Interrupted ones that did not leave as they should: with 130, and with nothing but the archive behind them. */
  readonly unruly: number
  /** Rounds that were cut after something had been recorded and before all of it had. */
  readonly midway: number
  /** Documents that the chain named when the process was dead, and of them those that nobody held. */
  readonly named: number
  readonly unheld: number
  readonly torn: number
  /** Second runs that did not end well. */
  readonly failed: number
  /** After the second run: documents that are not recorded, or more than once, or not as version 1. */
  readonly missing: number
  readonly doubled: number
  /** After the second run: documents that are pinned and named by nothing, or still taken to be under way. */
  readonly orphans: number
  readonly pending: number
  readonly litter: number
}

interface Job {
  readonly argv: readonly string[]
  readonly stream: 'stdout' | 'stderr'
  readonly slugs: readonly string[]
  readonly moment: Moment
}

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const PUBLISHER = fileURLToPath(new URL('publisher.ts', import.meta.url))

export interface Attack {
  readonly signal: 'SIGKILL' | 'SIGINT'
  readonly seed: number
  readonly round: number
}

/** Ends a publication at a moment that follows from the seed, looks at what it left, and runs it again. */
export async function publishRound(chain: KillChain, { signal, seed, round }: Attack): Promise<PublishDamage> {
  const folder = mkdtempSync(join(tmpdir(), 'trend-archive-kill-'))
  try {
    const archive = join(folder, 'archive')
    const { key, address } = await chain.account()
    const random = randomOf(seed, round)
    const kinds = KINDS.filter((kind) => signal === 'SIGKILL' || kind !== 'program')
    const place = { kind: kinds[round % kinds.length]!, prefix: `kill-${round}`, folder, archive, url: chain.url }
    const { argv, stream, slugs, moment } = jobOf(random, place)
    const options: ChildOptions = { stream, env: { PRIVATE_KEY: key } }
    const held = async (place: string): Promise<Holdings> => await holdings(join(place, 'archive.db'), address, slugs)

    const cut = await runUntil(argv, moment, signal, options)
    const unruly = signal === 'SIGINT' && !isOrderly(cut, archive)
    // Half of them are run again while what they sent is still to be mined.
    if (random.chance(0.5)) await chain.settled(address)
    const first = await chain.named(address)
    const named = new Set([...first.recorded, ...first.pointed])
    const corpse = join(folder, 'corpse')
    cpSync(archive, corpse, { recursive: true })
    const [left, again] = await Promise.all([held(corpse), runUntil(argv, undefined, 'SIGKILL', options)])
    const kept = new Set(left.documents.map(({ digest }) => digest))

    const last = await chain.named(address)
    const whole = await held(archive)
    const { pending } = whole
    return {
      rounds: 1,
      killed: cut.signal === 'SIGKILL' || isInterrupted(cut) ? 1 : 0,
      unruly: unruly ? 1 : 0,
      midway: named.size > 0 && named.size < slugs.length ? 1 : 0,
      named: named.size,
      unheld: [...named].filter((digest) => !kept.has(digest)).length,
      torn: left.torn + whole.torn,
      failed: again.code === 0 ? 0 : 1,
      ...outcome(last, whole, slugs),
      pending,
      litter: litterIn(archive)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function holdings(file: string, address: Address, slugs: readonly string[]): Promise<Holdings> {
  const { lines } = await runModule('holdings', [file, toPublisher('eip155:31337', address), ...slugs])
  return JSON.parse(lines[0]!) as Holdings
}

function outcome(
  { recorded, pointed }: { readonly recorded: readonly Bytes32[]; readonly pointed: readonly Bytes32[] },
  { documents }: Holdings,
  slugs: readonly string[]
): Pick<PublishDamage, 'missing' | 'doubled' | 'orphans'> {
  const named = new Set<string>([...recorded, ...pointed])
  const [present] = [documents.filter(({ digest }) => named.has(digest))]
  const twice = (all: readonly Bytes32[]): number => all.length - new Set(all).size
  return {
    missing: slugs.filter((wanted) => !present.some(({ slug, version }) => slug === wanted && version === 1)).length,
    doubled: Math.max(0, named.size - slugs.length) + twice(recorded) + twice(pointed),
    orphans: documents.length - present.length
  }
}

const INTERRUPTED = 130

/** Node takes a signal as any program does once it is on its way out; a shell calls that 130 as well. */
const isInterrupted = ({ code, signal }: Child): boolean => code === INTERRUPTED || signal === 'SIGINT'

/** It was interrupted and has closed everything, or it was done before. */
const isOrderly = (cut: Child, archive: string): boolean =>
  (isInterrupted(cut) || cut.code === 0) && litterIn(archive) === 0

const litterIn = (archive: string): number => readdirSync(archive).filter((name) => name !== 'archive.db').length

/** A program that publishes in several transactions, the command line in one, and an edition. */
const KINDS = ['program', 'publish', 'edition'] as const

interface Place {
  readonly kind: (typeof KINDS)[number]
  readonly prefix: string
  readonly folder: string
  readonly archive: string
  readonly url: string
}

function jobOf(random: Random, { kind, prefix, folder, archive, url }: Place): Job {
  if (kind === 'program') {
    const slugs = trendDrafts(prefix).map(({ slug }) => slug!)
    const lines = 1 + random.below((3 * DOCUMENTS) / PUBLISHED_AT_ONCE)
    const moment = { lines, delay: random.below(30) }
    return { argv: [PUBLISHER, archive, url, prefix], stream: 'stdout', slugs, moment }
  }
  const drafts = join(folder, 'drafts')
  const slugs = writeDrafts(drafts, prefix, kind === 'edition')
  const argv = [CLI, kind, drafts, '--json', '--rpc-url', url, '--archive', archive]
  return { argv, stream: 'stderr', slugs, moment: cliMoment(random, kind === 'edition') }
}

/** The command line says a line for each document it plans, then one when all are pinned, sent, recorded. */
function cliMoment(random: Random, isEdition: boolean): Moment {
  const planned = isEdition ? DOCUMENTS - 1 : DOCUMENTS
  const phase = random.below(4)
  return { lines: Math.max(1, planned - 1 + phase), delay: random.below(phase === 2 ? 60 : 15) }
}

/** So many things are not as they must be. */
export const publishFaults = (found: PublishDamage): number =>
  found.unruly +
  found.unheld +
  found.torn +
  found.failed +
  found.missing +
  found.doubled +
  found.orphans +
  found.pending +
  found.litter
