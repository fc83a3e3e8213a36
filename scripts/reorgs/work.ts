import { setTimeout as sleep } from 'node:timers/promises'
import { type Archive, createArchive } from '../../src/archive/archive.ts'
import { createDelegation, type Delegation } from '../../src/archive/delegation.ts'
import type { PublishEvent } from '../../src/archive/publish.ts'
import type { Settled, Wait } from '../../src/archive/wait.ts'
import type { TrendCid } from '../../src/block/cid.ts'
import type { memoryBlocks } from '../../src/block/memory.ts'
import { memoryPending } from '../../src/block/pending.ts'
import type { EditionDraft, TrendDraft } from '../../src/document/document.ts'
import { type Address, type Publisher, toPublisher } from '../../src/document/publisher.ts'
import { isArchiveError } from '../../src/errors.ts'
import { jsonRpcProvider, walletFromKey } from '../../src/registry/account.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import type { Receipt } from '../../src/registry/registry.ts'
import type { Random } from '../kill/random.ts'
import type { ReorgChain } from './chain.ts'
import type { Shadow } from './shadow.ts'

/** A publisher at work, and what is to come of it. */
export interface Worker {
  readonly publisher: Publisher
  readonly archive: Archive
  /** Publishes, retracts and sets editors until told to stop, whatever becomes of it. */
  readonly work: (signal: AbortSignal) => Promise<void>
  /** Does all of it once more, and says how many transactions that took: none where it had been mended before. */
  readonly mend: (wait: Wait) => Promise<number>
  /** What is missing, or there twice. */
  readonly lost: () => Promise<readonly string[]>
  readonly documents: () => readonly TrendCid[]
  readonly counts: Readonly<Record<string, number>>
}

type Act = (wait: Wait) => Promise<readonly Receipt[]>

export interface WorkerPlan {
  readonly chain: ReorgChain
  readonly shadow: Shadow
  readonly blocks: ReturnType<typeof memoryBlocks>
  readonly key: string
  readonly name: string
  readonly random: Random
}

const CHAIN = 'eip155:31337'
const STATED = '2025-06-01T09:00:00Z'
/** Milliseconds. */
const LONGEST_WAIT = 6_000
const PATIENCE = 400
const ATTEMPTS = 20

export async function startWorker({ chain, shadow, blocks, key, name, random }: WorkerPlan): Promise<Worker> {
  const provider = Object.assign(jsonRpcProvider(chain.url, CHAIN), { request: chain.request })
  const signer = walletFromKey(key, provider)
  const limits = { patience: PATIENCE, timeout: 10_000 }
  const registry = await ethersRegistry({ chain: CHAIN, address: chain.registry, signer, ...limits })
  const ports = { sources: [blocks], sinks: [blocks], registry, pending: memoryPending() }
  const archive: Archive & Delegation = { ...createArchive(ports), ...createDelegation(ports) }
  const publisher = toPublisher(CHAIN, registry.account)
  const series = new Map<string, TrendDraft[]>()
  const editions: { readonly draft: EditionDraft; readonly members: readonly TrendDraft[] }[] = []
  const retracted: TrendCid[] = []
  const sure: { readonly cid: TrendCid; readonly slug: string }[] = []
  const cids = new Map<string, TrendCid>()
  const counts: Record<string, number> = { acts: 0, final: 0, dropped: 0, restored: 0 }
  let editorUntil: bigint | undefined
  const editor: Address = `0x${'e0'.repeat(20)}`
  let serial = 0

  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1
  }

  const onProgress = (event: PublishEvent): void => {
    if (event.type === 'dropped') count('dropped')
  }

  const doing = (wait: Wait) => ({ wait, waitTimeout: LONGEST_WAIT, onProgress })

  const draftOf = (slug: string, text: string, more: object = {}): TrendDraft => ({
    title: text,
    slug,
    body: `What there is to say: ${text}.`,
    ...(random.chance(0.5) && { published: STATED }),
    ...more
  })

  const meet = (steps: readonly { readonly named: { cid: TrendCid; document: never } }[]): void => {
    for (const { named } of steps) {
      shadow.meet(named.cid, named.document)
      cids.set(String(named.cid), named.cid)
    }
  }

  const claim = (what: string, receipts: readonly Receipt[], settled: Settled | undefined): void => {
    if (settled === undefined) return
    shadow.claimed(what, receipts, settled)
    if (settled.finality === 'final') count('final')
  }

  const publishing =
    (draft: TrendDraft): Act =>
    async (wait) => {
      const { steps, receipts, settled } = await archive.publish([draft], doing(wait))
      meet(steps as never)
      claim(`${draft.slug}`, receipts, settled)
      for (const step of steps) if (step.status === 'new' && step.below.length > 0) count('restored')
      const { cid, document } = steps[0]!.named
      if (settled?.finality === 'final') sure.push({ cid, slug: document.slug })
      return receipts
    }

  const editing =
    (draft: EditionDraft, members: readonly TrendDraft[]): Act =>
    async (wait) => {
      const { steps, edition, receipts, settled } = await archive.publishEdition(draft, members, doing(wait))
      meet([...steps, edition] as never)
      claim(`edition ${draft.slug}`, receipts, settled)
      return receipts
    }

  const retracting =
    (cid: TrendCid): Act =>
    async (wait) => {
      const { receipt, settled, notice } = await archive.retract(String(cid), { ...doing(wait), note: 'It is wrong.' })
      if (notice !== undefined) cids.delete(String(notice))
      const receipts = receipt === undefined ? [] : [receipt]
      claim(`retract ${cid}`, receipts, settled)
      return receipts
    }

  const setting =
    (until: bigint): Act =>
    async (wait) => {
      const { receipt, settled } = await archive.addEditor(editor, until, { ...doing(wait), revive: true })
      const receipts = receipt === undefined ? [] : [receipt]
      claim('editor', receipts, settled)
      return receipts
    }

  /** What to do next; it is noted before it is done, for it has to be done in the end. */
  const next = (): Act => {
    const drawn = random.below(10)
    const number = ++serial
    if (drawn < 3) {
      const draft = draftOf(`${name}-${number}`, `${name} ${number}`)
      series.set(draft.slug!, [draft])
      return publishing(draft)
    }
    if (drawn < 6 && series.size > 0) {
      const slug = random.pick([...series.keys()])
      const draft = draftOf(slug, `${name} ${number}`)
      series.get(slug)!.push(draft)
      return publishing(draft)
    }
    if (drawn < 8) {
      const slug = `${name}-edition-${number}`
      const members = Array.from({ length: 1 + random.below(3) }, (_, i) =>
        draftOf(`${name}-${number}-${i}`, `${name} ${number} ${i}`, { published: STATED })
      )
      const edition = { type: 'edition', slug, title: slug, summary: 'All of it.', published: STATED } as const
      editions.push({ draft: edition, members })
      return editing(edition, members)
    }
    const [first] = sure.filter(({ cid }) => !retracted.some((one) => one.equals(cid)))
    if (drawn === 8 && first !== undefined) {
      retracted.push(first.cid)
      return retracting(first.cid)
    }
    editorUntil = BigInt(4_000_000_000 + number)
    return setting(editorUntil)
  }

  const pickWait = (): Wait => random.pick(['included', 'included', 'safe', 'final'] as const)

  return {
    publisher,
    archive,
    counts,
    documents: () => [...cids.values()],
    async work(signal) {
      while (!signal.aborted) {
        count('acts')
        try {
          await next()(pickWait())
        } catch (error) {
          if (!isArchiveError(error)) throw error
          const { reason } = error.details as { readonly reason?: string }
          count(reason === undefined ? error.code : `${error.code} ${reason}`)
          await sleep(1)
        }
      }
    },
    async mend(wait) {
      let sent = 0
      const doAgain = async (act: Act): Promise<void> => {
        for (let attempt = 1; ; attempt++) {
          try {
            sent += (await act(wait)).length
            return
          } catch (error) {
            // A machine that is busy with other things is too slow for so short a wait; the same again goes on waiting.
            if (attempt === ATTEMPTS || !isArchiveError(error, 'NOT_SETTLED')) throw error
          }
        }
      }
      for (const drafts of series.values()) for (const draft of drafts) await doAgain(publishing(draft))
      for (const { draft, members } of editions) await doAgain(editing(draft, members))
      for (const cid of retracted) await doAgain(retracting(cid))
      if (editorUntil !== undefined) await doAgain(setting(editorUntil))
      return sent
    },
    async lost() {
      const lost: string[] = []
      const at = await registry.block('finalized')
      for (const [slug, drafts] of series) {
        const { versions, end } = await archive.history(`${publisher}/${slug}`)
        if (end.at !== 'first') throw end.error
        const titles = versions.map(({ document }) => document.title)
        for (const { title } of drafts) {
          const times = titles.filter((one) => one === title).length
          if (times !== 1) lost.push(`${slug}: ${title} is there ${times} times`)
        }
      }
      for (const { draft, members } of editions) {
        for (const { slug } of [draft, ...members]) {
          const found = await archive.resolve(`${publisher}/${slug}`).catch(() => undefined)
          if (found === undefined) lost.push(`${slug} names nothing`)
        }
      }
      for (const { cid } of sure) {
        const verdict = await archive.verify(
          { cid },
          { policy: { finality: 'final', standings: ['current', 'superseded', 'unnamed', 'retracted'] } }
        )
        if (verdict.status !== 'verified') lost.push(`${cid} was final and is ${verdict.status}`)
      }
      for (const cid of retracted) {
        const { standing } = await archive.verify({ cid }, { policy: { finality: 'final' } })
        if (standing !== 'retracted') lost.push(`${cid} is ${standing}, and was retracted`)
      }
      if (editorUntil !== undefined && (await registry.editorUntil(registry.account, editor, at)) !== editorUntil) {
        lost.push('the editor is not as it was set')
      }
      return lost
    }
  }
}
