import { setTimeout as sleep } from 'node:timers/promises'
import type { Wait } from '../../src/archive/wait.ts'
import type { TrendDraft } from '../../src/document/document.ts'
import type { Address } from '../../src/document/publisher.ts'
import { isArchiveError } from '../../src/errors.ts'
import type { Random } from '../kill/random.ts'
import type { Desk } from './desk.ts'
import { editing, pointing, publishing, relaying, retracting, setting, unverified, type Work } from './works.ts'

/** A publisher at work, and what is to come of it. */
export interface Worker {
  readonly desk: Desk
  /** Does one thing after another until told to stop, whatever becomes of it. */
  readonly work: (signal: AbortSignal) => Promise<void>
  /** Does all of it once more, and says how many transactions that took: none where it had been mended before. */
  readonly mend: (wait: Wait) => Promise<number>
  /** What is missing, or there twice. */
  readonly lost: () => Promise<readonly string[]>
}

const STATED = '2025-06-01T09:00:00Z'
const FOR_EVER = 4_000_000_000n
/** Seconds for which a signature is good: the chain's clock runs ahead of ours. */
const GOOD_FOR = 20 * 24 * 3600
/** A machine that is busy with other things is too slow for so short a wait; the same again goes on waiting. */
const ATTEMPTS = 20

export function workerAt(desk: Desk, random: Random): Worker {
  const { name, second } = desk
  const series: string[] = []
  const retracted = new Set<string>()
  const works: Work[] = []
  const failed: string[] = []
  let serial = 0

  const draftOf = (slug: string, text: string, isStated = random.chance(0.5)): TrendDraft => ({
    title: text,
    slug,
    body: `What there is to say: ${text}.`,
    ...(isStated && { published: STATED })
  })

  /** What to do next. */
  const next = (): Work => {
    const number = ++serial
    const text = `${name} ${number}`
    const slug = `${name}-${number}`
    // First the second account becomes an editor; a reorganisation may take that back like everything else.
    if (number === 1) return setting(desk, second.registry.account, FOR_EVER)
    const drawn = random.below(12)
    if (drawn < 3 && series.length > 0) return publishing(desk, draftOf(random.pick(series), text))
    if (drawn < 5) {
      series.push(slug)
      return publishing(desk, draftOf(slug, text))
    }
    if (drawn === 5) return publishing(desk, draftOf(slug, text), second)
    if (drawn === 6) return relaying(desk, draftOf(slug, text), Math.floor(Date.now() / 1000) + GOOD_FOR)
    if (drawn === 7) return pointing(desk, [draftOf(slug, `${text} one`, true), draftOf(slug, `${text} two`, true)])
    if (drawn === 8) return setting(desk, `0x${'e0'.repeat(16)}${String(number).padStart(8, '0')}` as Address, FOR_EVER)
    const [wrong, right] = desk.sure.filter((cid) => !retracted.has(String(cid)))
    if (drawn < 11 && wrong !== undefined) {
      retracted.add(String(wrong))
      return retracting(desk, wrong, right)
    }
    const members = Array.from({ length: 1 + random.below(3) }, (_, i) =>
      draftOf(`${slug}-${i}`, `${text} member ${i}`, true)
    )
    const edition = { type: 'edition', slug, title: text, summary: 'All of it.', published: STATED } as const
    return editing(desk, edition, members)
  }

  const pickWait = (): Wait => random.pick(['included', 'included', 'safe', 'final'] as const)

  return {
    desk,
    async work(signal) {
      while (!signal.aborted) {
        const work = next()
        // It has to be done in the end, whatever comes of it now.
        works.push(work)
        desk.count('acts')
        try {
          await work.act(pickWait())
          desk.count('done')
          desk.count(work.kind)
        } catch (error) {
          if (!isArchiveError(error)) throw error
          const { reason } = error.details as { readonly reason?: string }
          desk.count(reason === undefined ? error.code : `${error.code} ${reason}`)
          await sleep(1)
        }
      }
    },
    async mend(wait) {
      let sent = 0
      for (const work of works) {
        for (let attempt = 1; ; attempt++) {
          try {
            sent += await work.act(wait)
            break
          } catch (error) {
            if (!isArchiveError(error)) throw error
            if (attempt < ATTEMPTS && error.code === 'NOT_SETTLED') continue
            failed.push(`${name} cannot ${work.kind} again: ${error.message}`)
            break
          }
        }
      }
      return sent
    },
    async lost() {
      const lost = [...failed]
      for (const work of works) lost.push(...(await work.lost()))
      return [...lost, ...(await unverified(desk.author, desk.sure))]
    }
  }
}
