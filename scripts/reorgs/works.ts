import type { OpenedEnvelope } from '../../src/archive/envelope.ts'
import type { Wait } from '../../src/archive/wait.ts'
import { type Bytes32, fromBytes32, type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import type { EditionDraft, TrendDraft } from '../../src/document/document.ts'
import { type Address, parsePublisher } from '../../src/document/publisher.ts'
import { refOf } from '../../src/registry/ref.ts'
import type { Author } from './author.ts'
import type { Desk } from './desk.ts'

/** Something that is to be so in the end, whatever the chain takes back. */
export interface Work {
  readonly kind: 'publish' | 'edit' | 'edition' | 'retract' | 'point' | 'relay' | 'editor'
  /** Does it, or what is left of it; answers how many transactions that took. */
  readonly act: (wait: Wait) => Promise<number>
  /** What of it is not so at the final block. */
  readonly lost: () => Promise<readonly string[]>
}

const FINAL = { finality: 'final' } as const
const STANDINGS = ['current', 'superseded', 'unnamed', 'retracted'] as const

/** Publishes a version, as an editor of the author's where that is told. */
export function publishing(desk: Desk, draft: TrendDraft, by: Author = desk.author): Work {
  const { archive, publisher } = desk.author
  return {
    kind: by === desk.author ? 'publish' : 'edit',
    async act(wait) {
      const done = await by.archive.publish([draft], { ...desk.doing(wait), publisher })
      desk.met(done.steps)
      return desk.told(`${draft.slug}`, cidsOf(done.steps), done)
    },
    async lost() {
      const { versions } = await archive.history(`${publisher}/${draft.slug}`)
      const times = versions.filter(({ document }) => document.title === draft.title).length
      return times === 1 ? [] : [`${draft.slug}: ${draft.title} is there ${times} times`]
    }
  }
}

export function editing(desk: Desk, draft: EditionDraft, members: readonly TrendDraft[]): Work {
  const { archive, publisher } = desk.author
  let listed: readonly TrendCid[] = []
  return {
    kind: 'edition',
    async act(wait) {
      const done = await archive.publishEdition(draft, members, desk.doing(wait))
      const steps = [...done.steps, done.edition]
      desk.met(steps)
      listed = cidsOf(steps)
      return desk.told(`edition ${draft.slug}`, listed, done)
    },
    async lost() {
      const lost: string[] = []
      for (const { slug } of [draft, ...members]) {
        const found = await archive.resolve(`${publisher}/${slug}`).catch(() => undefined)
        if (found === undefined) lost.push(`${slug} names nothing`)
      }
      return [...lost, ...(await unverified(desk.author, listed))]
    }
  }
}

/** Takes back what was called final, with a notice that says why. */
export function retracting(desk: Desk, cid: TrendCid, successor: TrendCid | undefined): Work {
  const { archive } = desk.author
  return {
    kind: 'retract',
    async act(wait) {
      const why = { reason: 'error', note: 'It is wrong.', successor } as const
      const { receipt, settled } = await archive.retract(String(cid), { ...desk.doing(wait), ...why })
      return desk.told(`retract ${cid}`, [cid], { receipts: [receipt], settled })
    },
    async lost() {
      const { standing, notice } = await archive.verify({ cid }, { policy: FINAL })
      if (standing !== 'retracted') return [`${cid} is ${standing}, and was retracted`]
      return notice === undefined ? [`${cid} is retracted without its notice`] : []
    }
  }
}

/** Publishes two versions, and has the slug name the first again. */
export function pointing(desk: Desk, drafts: readonly [TrendDraft, TrendDraft]): Work {
  const { archive, publisher, registry } = desk.author
  const { address } = parsePublisher(publisher)
  const slug = drafts[0].slug!
  const made = new Map<string, TrendCid>()

  const unrecorded = async (tag: 'latest' | 'finalized'): Promise<readonly string[]> => {
    const at = await registry.block(tag)
    const recorded = drafts.map(async ({ title }) => {
      const cid = made.get(title)
      return cid !== undefined && (await registry.record(address, toBytes32(cid), [], at)).publishedAt !== 0
    })
    const isRecorded = await Promise.all(recorded)
    const left = drafts.filter((_, i) => !isRecorded[i])
    return left.map(({ title }) => `${slug}: ${title} is not recorded as ${made.get(title)}`)
  }

  return {
    kind: 'point',
    async act(wait) {
      let sent = 0
      for (const draft of (await unrecorded('latest')).length === 0 ? [] : drafts) {
        const done = await archive.publish([draft], desk.doing(draft === drafts[0] ? 'included' : wait))
        desk.met(done.steps)
        made.set(draft.title, done.steps[0]!.named.cid)
        sent += desk.told(`${slug}`, cidsOf(done.steps), done)
      }
      const { receipt, settled } = await archive.point(`${publisher}/${slug}@1`, desk.doing(wait))
      return sent + desk.told(`point ${slug}`, [], { receipts: [receipt], settled })
    },
    async lost() {
      const left = await unrecorded('finalized')
      if (left.length > 0) return left
      const named = await namedBy(desk.author, slug)
      const found = named === undefined ? undefined : await archive.resolve(String(fromBytes32(named)))
      const version = found?.document.version
      return version === 1 ? [] : [`${slug} names version ${version}, and was pointed at 1`]
    }
  }
}

/** Has the author sign, and the second account send and pay. */
export function relaying(desk: Desk, draft: TrendDraft, deadline: number): Work {
  let envelope: OpenedEnvelope | undefined
  return {
    kind: 'relay',
    async act(wait) {
      if (envelope === undefined) {
        const signed = await desk.author.archive.sign([draft], { deadline })
        desk.met(signed.steps)
        envelope = signed.envelopes[0]!
      }
      const { receipt, settled } = await desk.second.archive.relay([envelope], desk.doing(wait))
      return desk.told(`relay ${draft.slug}`, [envelope.named.cid], { receipts: [receipt], settled })
    },
    async lost() {
      const wanted = envelope && toBytes32(envelope.named.cid)
      const named = await namedBy(desk.author, draft.slug!)
      return wanted !== undefined && named === wanted ? [] : [`${draft.slug} names ${named}, and ${wanted} was relayed`]
    }
  }
}

export function setting(desk: Desk, editor: Address, until: bigint): Work {
  const { archive, registry } = desk.author
  return {
    kind: 'editor',
    async act(wait) {
      const { receipt, settled } = await archive.addEditor(editor, until, { ...desk.doing(wait), revive: true })
      return desk.told(`editor ${editor}`, [], { receipts: [receipt], settled })
    },
    async lost() {
      const told = await registry.editorUntil(registry.account, editor, await registry.block('finalized'))
      return told === until ? [] : [`editor ${editor} until ${told}, and was set until ${until}`]
    }
  }
}

/** Which of these documents do not verify at the final block. */
export async function unverified({ archive }: Author, cids: readonly TrendCid[]): Promise<readonly string[]> {
  const policy = { ...FINAL, standings: STANDINGS }
  const lost: string[] = []
  for (const cid of cids) {
    const { status } = await archive.verify({ cid }, { policy })
    if (status !== 'verified') lost.push(`${cid} is to be final and is ${status}`)
  }
  return lost
}

const namedBy = async ({ registry }: Author, slug: string): Promise<Bytes32 | undefined> =>
  await registry.head(registry.account, refOf(slug), await registry.block('finalized'))

const cidsOf = (steps: readonly { readonly named: { readonly cid: TrendCid } }[]): readonly TrendCid[] =>
  steps.map(({ named }) => named.cid)
